/** A fictional person of the demo. */
export interface Person {
  readonly uri: string;
  readonly name: string;
}

export const MAYA = 'tel:+15550101';
export const JONAS = 'tel:+15550102';
export const BAKERY = 'tel:+15550103';
export const AMARA = 'tel:+15550104';
export const PRIYA = 'tel:+15550105';
export const WEATHER = 'tel:+15550106';
export const TICKER = 'tel:+15550107';

export const PEOPLE: readonly Person[] = [
  { uri: MAYA, name: 'Maya Lindqvist' },
  { uri: JONAS, name: 'Jonas Weber' },
  { uri: AMARA, name: 'Amara Okafor' },
  { uri: PRIYA, name: 'Priya Nair' },
  { uri: BAKERY, name: 'Corner Bakery' },
  { uri: WEATHER, name: 'Riverside Weather' },
  { uri: TICKER, name: 'Race day ticker' },
];

const NAMES = new Map(PEOPLE.map(({ uri, name }) => [uri, name]));

/** The name of a person. `me`: the user of both devices. */
export const nameOf = (uri: string, me: string): string =>
  uri === me ? 'You' : (NAMES.get(uri) ?? uri.replace(/^(tel|sip):/, ''));

export const firstNameOf = (uri: string, me: string): string => nameOf(uri, me).split(' ')[0] ?? uri;

/** Up to two initials of a name. */
export const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map(([letter = '']) => letter.toUpperCase())
    .join('');

/** The number of the colour of a name, 0 to 5. A name always has the same colour. */
export const colourOf = (name: string): number =>
  [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;
