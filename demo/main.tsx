import './style/page.css';
import { render } from 'preact';
import { Stage } from './model/stage.js';
import { Page } from './view/page.js';

const stage = new Stage();
render(<Page stage={stage} />, document.getElementById('page') as HTMLElement);
void stage.open();
