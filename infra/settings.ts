import type { Node } from 'constructs';

const STAGES = ['dev', 'prod'] as const;
export type Stage = (typeof STAGES)[number];

/** Who signs the tokens, when it is not the user pool of this stack. */
export interface ExternalIssuer {
  readonly issuer: string;
  readonly audience: readonly string[];
}

/** What `-c name=value` decides. */
export interface Settings {
  readonly stage: Stage;
  readonly externalIssuer?: ExternalIssuer;
  /** Where the user pool may send a user back to after signing in. */
  readonly callbackUrls: readonly string[];
  /** Web pages that may call the HTTP API, as https://app.example.com; none unless given. */
  readonly origins: readonly string[];
}

const LOCAL_CALLBACK_URL = 'http://localhost:8080/callback'; // plain http is allowed for localhost alone

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/**
 * Reads the settings from the context of the app.
 * @throws Error with one line that says what to change.
 */
export function settingsFrom(node: Node): Settings {
  const text = (name: string): string => String(node.tryGetContext(name) ?? '').trim();

  const stage = STAGES.find((known) => known === (text('stage') || 'dev'));
  if (!stage) throw new Error(`There is no stage "${text('stage')}": use -c stage=dev or -c stage=prod.`);

  const [issuer, audience] = [text('issuer'), listOf(text('audience'))];
  if ((issuer === '') !== (audience.length === 0)) {
    const missing = issuer === '' ? 'issuer' : 'audience';
    throw new Error(
      `Only one of issuer and audience is given: add -c ${missing}=…, or leave both out for a user pool.`,
    );
  }
  const callbackUrls = listOf(text('callbackUrls'));
  return {
    stage,
    ...(issuer ? { externalIssuer: { issuer, audience } } : {}),
    callbackUrls: callbackUrls.length > 0 ? callbackUrls : [LOCAL_CALLBACK_URL],
    origins: listOf(text('origins')),
  };
}
