import { LocalCloudProblem } from '../problem.js';
import { type Place, URL_SUFFIX } from './place.js';
import type { Template } from './template-file.js';

/** The values of `Ref` and `Fn::GetAtt` for a resource. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The value of AWS::NoValue: the property is omitted. */
const NO_VALUE = Symbol('AWS::NoValue');

type Intrinsic = (argument: unknown, at: string) => unknown;

/** Replaces the intrinsic functions of a template by their values at a place. */
export class Resolver {
  readonly #template: Template;
  readonly #place: Place;
  readonly #identityOf: (logicalId: string) => Identity | undefined;
  readonly #intrinsics: Readonly<Record<string, Intrinsic>>;

  constructor(template: Template, place: Place, identityOf: (logicalId: string) => Identity | undefined) {
    this.#template = template;
    this.#place = place;
    this.#identityOf = identityOf;
    this.#intrinsics = {
      Ref: (argument, at) => this.#ref(text(argument, at), at),
      'Fn::GetAtt': (argument, at) => this.#getAtt(argument, at),
      'Fn::Join': (argument, at) => {
        const [separator, parts] = tuple(argument, 2, at);
        return list(this.resolve(parts, at), at).join(text(separator, at));
      },
      'Fn::Sub': (argument, at) => this.#sub(argument, at),
      'Fn::Select': (argument, at) => {
        const [index, from] = tuple(argument, 2, at);
        return list(this.resolve(from, at), at)[Number(this.resolve(index, at))];
      },
      'Fn::Split': (argument, at) => {
        const [separator, source] = tuple(argument, 2, at);
        return text(this.resolve(source, at), at).split(text(separator, at));
      },
      'Fn::FindInMap': (argument, at) => {
        const [map, first, second] = tuple(this.resolve(argument, at), 3, at).map(String);
        return this.#template.Mappings[map ?? '']?.[first ?? '']?.[second ?? ''];
      },
      'Fn::If': (argument, at) => {
        const [condition, yes, no] = tuple(argument, 3, at);
        return this.resolve(this.holds(text(condition, at)) ? yes : no, at);
      },
    };
  }

  /**
   * The value with every intrinsic function replaced. `at`: path in the template, for error texts.
   * @throws LocalCloudProblem when a function is not supported or has no value.
   */
  resolve(value: unknown, at: string): unknown {
    if (typeof value === 'string') return withoutDynamicReference(value, at);
    if (Array.isArray(value)) {
      return value.map((item, i) => this.resolve(item, `${at}.${i}`)).filter((item) => item !== NO_VALUE);
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (first && entries.length === 1 && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
      return this.#call(first[0], first[1], at);
    }
    return Object.fromEntries(
      entries
        .map(([key, item]) => [key, this.resolve(item, `${at}.${key}`)] as const)
        .filter(([, item]) => item !== NO_VALUE),
    );
  }

  /** Whether a condition of the template is true. */
  holds(name: string): boolean {
    if (!(name in this.#template.Conditions)) throw fault(`Conditions.${name}`, 'is not in the template');
    return this.#test(this.#template.Conditions[name], `Conditions.${name}`);
  }

  #call(name: string, argument: unknown, at: string): unknown {
    const intrinsic = this.#intrinsics[name];
    if (!intrinsic) throw fault(at, `uses ${name}, which the local cloud does not support`);
    const result = intrinsic(argument, at);
    if (result === undefined) throw fault(at, `${name} ${JSON.stringify(argument)} has no value`);
    return result;
  }

  #test(test: unknown, at: string): boolean {
    const [name, argument] = Object.entries((test ?? {}) as Record<string, unknown>)[0] ?? ['nothing'];
    const each = () => list(argument, at).map((item) => this.#test(item, at));
    if (name === 'Condition') return this.holds(text(argument, at));
    if (name === 'Fn::And') return each().every(Boolean);
    if (name === 'Fn::Or') return each().some(Boolean);
    if (name === 'Fn::Not') return !each()[0];
    if (name !== 'Fn::Equals') throw fault(at, `uses ${name}, which the local cloud does not support`);
    const [left, right] = tuple(this.resolve(argument, at), 2, at);
    return JSON.stringify(left) === JSON.stringify(right);
  }

  #ref(name: string, at: string): unknown {
    const pseudo = this.#pseudoParameter(name);
    if (pseudo !== undefined) return pseudo;
    const parameter = this.#template.Parameters[name];
    if (parameter) {
      if (parameter.Default === undefined)
        throw fault(at, `refers to the parameter ${name}, which has no default`);
      return parameter.Default;
    }
    const identity = this.#identityOf(name);
    if (!identity) throw fault(at, `refers to ${name}, which is not in the template`);
    return identity.ref;
  }

  #pseudoParameter(name: string): unknown {
    switch (name) {
      case 'AWS::AccountId':
        return this.#place.account;
      case 'AWS::Region':
        return this.#place.region;
      case 'AWS::Partition':
        return 'aws';
      case 'AWS::URLSuffix':
        return URL_SUFFIX;
      case 'AWS::StackName':
        return this.#place.stackName;
      case 'AWS::StackId':
        return `arn:aws:cloudformation:${this.#place.region}:${this.#place.account}:stack/${this.#place.stackName}/local`;
      case 'AWS::NoValue':
        return NO_VALUE;
      default:
        return undefined;
    }
  }

  #getAtt(argument: unknown, at: string): string {
    const path = typeof argument === 'string' ? argument : tuple(argument, 2, at).map(String).join('.');
    const dot = path.indexOf('.');
    const [name, attribute] = [path.slice(0, dot), path.slice(dot + 1)];
    const identity = this.#identityOf(name);
    if (!identity) throw fault(at, `refers to ${name}, which is not in the template`);
    const value = identity.attributes[attribute];
    if (value === undefined)
      throw fault(at, `refers to ${name}.${attribute}, an attribute that the local cloud does not support`);
    return value;
  }

  #sub(argument: unknown, at: string): string {
    const [pattern, variables] = Array.isArray(argument) ? argument : [argument, {}];
    const given = this.resolve(variables ?? {}, at) as Record<string, unknown>;
    return text(pattern, at).replace(/\$\{(!?)([^}]+)\}/g, (_all, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in given) return String(given[name]);
      return String(name.includes('.') ? this.#getAtt(name, at) : this.#ref(name, at));
    });
  }
}

const fault = (at: string, what: string) => new LocalCloudProblem(`Template: ${at} ${what}`);

function withoutDynamicReference(value: string, at: string): string {
  if (value.includes('{{resolve:'))
    throw fault(at, 'has a {{resolve:…}} reference, which the local cloud does not support');
  return value;
}

function text(value: unknown, at: string): string {
  if (typeof value !== 'string') throw fault(at, `must be a string, got ${JSON.stringify(value)}`);
  return value;
}

function list(value: unknown, at: string): unknown[] {
  if (!Array.isArray(value)) throw fault(at, `must be a list, got ${JSON.stringify(value)}`);
  return value;
}

function tuple(value: unknown, length: number, at: string): unknown[] {
  const items = list(value, at);
  if (items.length !== length) throw fault(at, `must be a list of ${length} items, got ${items.length}`);
  return items;
}
