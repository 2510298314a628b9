import './style/page.css';
import { render } from 'preact';
import { DemoWorld } from './model/demo-world.js';
import { Page } from './view/page.js';

const world = new DemoWorld();
render(<Page world={world} />, document.getElementById('page') as HTMLElement);
void world.open();
