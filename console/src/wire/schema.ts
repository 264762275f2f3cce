/** The forms that a value may have, and the families of messages made of them: checked once, typed from then on. */
import { CallerError, PeerError } from "../errors";
import { pack, unpack, type Value } from "./msgpack";

/** Checks a value and gives it its type; `at` names the place for the log. Never prints the value itself. */
export interface Form<T> {
  read(value: Value | undefined, at: string): T;
  /** What `read` gives when the field is absent from a map; without it, the field has to be there. */
  readonly absent?: { value: T };
  /** How a value is packed, where that is not the value itself. */
  write?(value: T): Value;
}
export type Infer<F> = F extends Form<infer T> ? T : never;

const refuse = (at: string, expected: string): never => {
  throw new PeerError("malformed", `expected ${expected} at ${at}`);
};

/** Code points, as Python counts; surrogate pairs are one. */
const lengthOf = (text: string): number => {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) { count--; i++; }
  }
  return count;
};

export const int = (least: number, most: number): Form<number> => ({
  read: (value, at) =>
    typeof value === "number" && value >= least && value <= most ? value : refuse(at, `an integer in ${least}..${most}`),
});

export const bool: Form<boolean> = { read: (value, at) => (typeof value === "boolean" ? value : refuse(at, "true or false")) };

export const bytes = (least: number, most: number): Form<Uint8Array> => ({
  read: (value, at) =>
    value instanceof Uint8Array && value.length >= least && value.length <= most
      ? value : refuse(at, `${least} to ${most} bytes`),
});

export const text = (least: number, most: number, pattern?: RegExp): Form<string> => ({
  read: (value, at) => {
    if (typeof value !== "string") return refuse(at, "text");
    const length = lengthOf(value);
    if (length < least || length > most) return refuse(at, `${least} to ${most} characters`);
    if (pattern && !pattern.test(value)) return refuse(at, "text of the agreed form");
    return value;
  },
});

export const oneOf = <const T extends string | number>(words: readonly T[]): Form<T> => ({
  read: (value, at) => words.find((word) => word === value) ?? refuse(at, "one of the agreed words"),
});

export const list = <T>(of: Form<T>, least: number, most: number): Form<readonly T[]> => ({
  read: (value, at) => {
    if (!Array.isArray(value)) return refuse(at, "a list");
    if (value.length < least || value.length > most) return refuse(at, `${least} to ${most} elements`);
    return value.map((element, i) => of.read(element, `${at}[${i}]`));
  },
  write: (values) => values.map((value) => write(of, value)),
});

/** May be nil; and absent, when it stands in a map. */
export const optional = <T>(of: Form<T>): Form<T | null> => ({
  read: (value, at) => (value === null ? null : of.read(value, at)),
  write: (value) => (value === null ? null : write(of, value)),
  absent: { value: null },
});

export const withDefault = <T>(of: Form<T>, value: T): Form<T> => ({ ...of, absent: { value } });

const write = <T>(form: Form<T>, value: T): Value => (form.write ? form.write(value) : (value as Value));

type Fields = Record<string, Form<unknown>>;
type Read<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

function readMap(fields: Fields, value: { [key: string]: Value }, at: string, skip?: string): Record<string, unknown> {
  for (const key of Object.keys(value)) {
    if (key !== skip && !Object.hasOwn(fields, key)) return refuse(at, "only the agreed fields");
  }
  const found: Record<string, unknown> = {};
  for (const [name, form] of Object.entries(fields)) {
    const given = value[name];
    if (given === undefined && form.absent) found[name] = form.absent.value;
    else found[name] = form.read(given, `${at}.${name}`);
  }
  return found;
}

const isMap = (value: Value | undefined): value is { [key: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** A value inside a message, as a map with named fields. */
export const struct = <F extends Fields>(fields: F): Form<Read<F>> => ({
  read: (value, at) => (isMap(value) ? (readMap(fields, value, at) as Read<F>) : refuse(at, "a map")),
  write: (value) => Object.fromEntries(writeFields(fields, value)),
});

/** A value inside a message, as an array in the order of its fields. */
export const tuple = <F extends Fields>(fields: F): Form<Read<F>> => ({
  read: (value, at) => {
    if (!Array.isArray(value)) return refuse(at, "an array");
    return readArray(fields, value, at) as Read<F>;
  },
  write: (value) => writeFields(fields, value).map(([, packed]) => packed),
});

function writeFields(fields: Fields, given: Record<string, unknown>): [string, Value][] {
  return Object.entries(fields).map(([name, form]) => [name, given[name] === undefined ? null : write(form, given[name])]);
}

function readArray(fields: Fields, values: Value[], at: string): Record<string, unknown> {
  const names = Object.keys(fields);
  if (values.length !== names.length) return refuse(at, `${names.length} elements`);
  const found: Record<string, unknown> = {};
  names.forEach((name, i) => (found[name] = fields[name]?.read(values[i], `${at}.${name}`)));
  return found;
}

/** One kind of message: its word `t` in the code, its tag on the wire (the same word, or a number for arrays). */
export interface Kind<T extends string, F extends Fields> {
  readonly t: T;
  readonly tag: string | number;
  readonly fields: F;
}
export const message = <const T extends string, F extends Fields>(t: T, fields: F): Kind<T, F> => ({ t, tag: t, fields });
export const compact = <const T extends string, F extends Fields>(t: T, tag: number, fields: F): Kind<T, F> => ({ t, tag, fields });

export type MessageOf<K> = K extends Kind<infer T, infer F> ? { readonly t: T } & Read<F> : never;

/** A family: what one channel or stage may carry, at most `maxBytes` a message. */
export class Family<K extends Kind<string, Fields>> {
  private readonly byTag = new Map<string | number, K>();
  private readonly byWord = new Map<string, K>();

  constructor(readonly name: string, readonly maxBytes: number, kinds: readonly K[]) {
    for (const kind of kinds) {
      this.byTag.set(kind.tag, kind);
      this.byWord.set(kind.t, kind);
    }
  }

  /** Return the message in `data`; PeerError when it is not exactly one valid message of the family. */
  decode(data: Uint8Array): MessageOf<K> {
    if (data.length > this.maxBytes) throw new PeerError("too_large", `expected a ${this.name} message of at most ${this.maxBytes} bytes`);
    return this.read(unpack(data));
  }

  /** One of the family inside another message. */
  readonly form: Form<MessageOf<K>> = { read: (value) => this.read(value), write: (message) => this.write(message) };

  private read(value: Value | undefined): MessageOf<K> {
    const tag = Array.isArray(value) ? value[0] : isMap(value) ? value["t"] : undefined;
    const kind = typeof tag === "string" || typeof tag === "number" ? this.byTag.get(tag) : undefined;
    if (!kind) return refuse(this.name, "a known kind of message");
    const at = `${this.name}.${kind.t}`;
    let fields: Record<string, unknown>;
    if (typeof kind.tag === "number") fields = Array.isArray(value) ? readArray(kind.fields, value.slice(1), at) : refuse(at, "an array");
    else fields = isMap(value) ? readMap(kind.fields, value, at, "t") : refuse(at, "a map");
    fields["t"] = kind.t;
    return fields as MessageOf<K>;
  }

  /** Return the bytes of `message`; CallerError when it breaks its own form or is larger than the other side accepts. */
  encode(message: MessageOf<K>): Uint8Array<ArrayBuffer> {
    const data = pack(this.write(message));
    try {
      this.decode(data);
    } catch (error) {
      throw new CallerError(`a ${this.name} message breaks its form`, { cause: error });
    }
    return data;
  }

  private write(message: MessageOf<K>): Value {
    const kind = this.byWord.get(message.t);
    if (!kind) throw new CallerError(`a ${this.name} message is never '${message.t}'`);
    const fields = writeFields(kind.fields, message as unknown as Record<string, unknown>);
    return typeof kind.tag === "number" ? [kind.tag, ...fields.map(([, value]) => value)] : Object.fromEntries([["t", kind.tag], ...fields]);
  }
}
