import { colourOf, initialsOf } from '../model/people.js';

/** A circle with the initials of a name. */
export const Avatar = ({ name }: { name: string }) => (
  <span class="avatar" data-colour={colourOf(name)} aria-hidden="true">
    {initialsOf(name)}
  </span>
);
