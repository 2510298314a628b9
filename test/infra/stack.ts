import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CpmSyncStack } from '../../infra/cpm-sync-stack.js';
import { settingsFrom } from '../../infra/settings.js';

export const OWN_ISSUER = { issuer: 'https://id.example.com/', audience: 'cpm-clients' };

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

process.env.CDK_VALIDATION = 'false'; // the rules of the CDK are for npm run synth: they take seconds

const outdir = mkdtempSync(join(tmpdir(), 'cpm-sync-infra-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

/** An app that bundles no function. */
export const appOf = (context: Record<string, unknown> = {}): App =>
  new App({ outdir, context: { 'aws:cdk:bundling-stacks': [], ...context } });

/** The stack that a context gives, without bundling any function. */
export function stackOf(context: Record<string, unknown> = OWN_ISSUER): CpmSyncStack {
  const app = appOf(context);
  return new CpmSyncStack(app, 'CpmSync', { settings: settingsFrom(app.node) });
}

export const templateOf = (context?: Record<string, unknown>): Template =>
  Template.fromStack(stackOf(context));

export const resourcesOf = (template: Template, type: string): Record<string, Resource> =>
  template.findResources(type) as Record<string, Resource>;

/** The one resource of a type whose logical id begins so. */
export function resource(template: Template, type: string, idPrefix: string): Resource {
  const found = Object.entries(resourcesOf(template, type)).filter(([id]) => id.startsWith(idPrefix));
  if (found.length !== 1) throw new Error(`${found.length} resources ${idPrefix}… of type ${type}`);
  return (found[0] as [string, Resource])[1];
}

/** Every logical id that a value of the template refers to. */
export function idsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)];
    if (key === 'Fn::GetAtt') return [String((inner as string[])[0])];
    return idsIn(inner);
  });
}
