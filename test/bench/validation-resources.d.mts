export const RESOURCES: Record<string, Record<string, unknown>>;
export function bundleOf100(): Record<string, unknown>;
export function spoilt(resource: Record<string, unknown>): Record<string, unknown>;
