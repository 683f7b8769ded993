/** What is there in an object: the small questions that invariants are made of. */
import { isObject, type Json } from './explain.js';

export const has = (value: Json, name: string): boolean => value[name] !== undefined || value[`_${name}`] !== undefined;
export const hasAny = (value: Json, ...names: string[]): boolean => names.some((name) => has(value, name));
export const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
/** Is one of a choice's types there? */
export function hasChoice(value: Json, prefix: string): boolean {
  for (const key in value) {
    const name = key.charCodeAt(0) === 0x5f ? key.slice(1) : key;
    if (name.startsWith(prefix) && name.length > prefix.length && name.charCodeAt(prefix.length) < 0x5b) return true;
  }
  return false;
}
export const isDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
export const among = (value: unknown, ...allowed: string[]): boolean => allowed.includes(value as string);
