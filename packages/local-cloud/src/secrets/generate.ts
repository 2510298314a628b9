import { randomInt } from 'node:crypto';
import { LocalCloudProblem } from '../problem.js';
import type { GenerateSecretString } from '../template/kinds/secrets.js';

const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** A value like those of GenerateSecretString. @throws LocalCloudProblem when every character is excluded. */
export function generateSecretValue(settings: GenerateSecretString): string {
  const password = generatePassword(settings);
  const { SecretStringTemplate, GenerateStringKey } = settings;
  if (SecretStringTemplate === undefined || GenerateStringKey === undefined) return password;
  return JSON.stringify({ ...JSON.parse(SecretStringTemplate), [GenerateStringKey]: password });
}

function generatePassword(settings: GenerateSecretString): string {
  const types = [
    !settings.ExcludeLowercase && 'abcdefghijklmnopqrstuvwxyz',
    !settings.ExcludeUppercase && 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    !settings.ExcludeNumbers && '0123456789',
    !settings.ExcludePunctuation && PUNCTUATION,
    settings.IncludeSpace && ' ',
  ]
    .map((type) => [...(type || '')].filter((character) => !settings.ExcludeCharacters.includes(character)))
    .filter((type) => type.length > 0);
  const all = types.flat();
  if (all.length === 0) throw new LocalCloudProblem('GenerateSecretString must not exclude every character');
  const required = settings.RequireEachIncludedType ? types.map(oneOf) : [];
  const rest = Array.from({ length: settings.PasswordLength - required.length }, () => oneOf(all));
  return shuffled([...required, ...rest]).join('');
}

const oneOf = (characters: string[]) => characters[randomInt(characters.length)] ?? '';

function shuffled(characters: string[]): string[] {
  for (let i = characters.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [characters[i], characters[j]] = [characters[j] ?? '', characters[i] ?? ''];
  }
  return characters;
}
