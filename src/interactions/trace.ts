/**
 * What an interaction was, for the trace: who asked for what, whose data were in it, how it ended.
 * https://profiles.ihe.net/ITI/BALP/content.html
 */
import { type Line, patientsIn } from '../access/audit/line.js';
import { FhirError } from '../r4/errors.js';
import type { Context, Interaction, InteractionRequest, Result } from './interaction.js';
import { storeError } from './store-errors.js';

/** Where lines go; each server process has one for each tenant. */
export interface Trace {
  /** Throws StoreUnavailable: what cannot be traced is not done. */
  check(): void;
  add(line: Line): void;
  /** Resolves when all lines are durable. */
  flush(): Promise<void>;
  /** Does an answer wait for that? */
  readonly isStrict: boolean;
}

/** Where a request came from. */
export interface Origin {
  /** X-Request-Id, the client's or ours. */
  request: string;
  /** Of the connection. */
  address: string;
}

export type Asked = Pick<InteractionRequest, 'type' | 'id' | 'member' | 'parameters'>;
export type Ended = Pick<Result, 'status' | 'version' | 'text'>;

/** What a failure is answered with. */
export function endOf(error: unknown): Ended {
  const known = error instanceof FhirError ? error : storeError(error);
  return { status: known?.status ?? 500 };
}

/** R4's code: conditional forms and compartments are forms of the same interactions. */
function codeOf({ code, operation }: Interaction): string {
  if (operation !== undefined) return `$${operation.name}`;
  return code.startsWith('search-compartment') ? 'search-type' : code.replace('conditional-', '');
}

/** Adds what an interaction was to the trace, where there is one. */
export function trace(interaction: Interaction, asked: Asked, ended: Ended, context: Context): void {
  const to = context.services.trace;
  if (to !== undefined) to.add(lineOf(interaction, asked, ended, context));
}

function lineOf(interaction: Interaction, asked: Asked, ended: Ended, context: Context): Line {
  const { type, id, member, parameters } = asked;
  const { version, text } = ended;
  const { patients, more } = patientsIn(text ?? version?.text ?? '');
  // The patient of a compartment, and one who was asked for and is not told.
  const named = version?.type === 'Patient' ? version.id : type === 'Patient' && id !== '' ? id : undefined;
  if (named !== undefined && !patients.includes(named)) patients.unshift(named);
  const what =
    version !== undefined
      ? `${version.type}/${version.id}/_history/${version.version}`
      : id !== '' && member === undefined
        ? `${type}/${id}`
        : undefined;
  const path = [type, id, member].filter((step) => step !== undefined && step !== '').join('/');
  return {
    t: Date.now(),
    do: codeOf(interaction),
    status: ended.status,
    request: context.origin?.request ?? '',
    from: context.origin?.address ?? '',
    ...(type !== '' && { type }),
    ...(what !== undefined && { what }),
    ...(parameters.length > 0 && { query: `${path}?${queryOf(parameters)}` }),
    ...(patients.length > 0 && { patients }),
    ...(more && { more: true as const }),
    ...whoOf(context),
  };
}

const queryOf = (parameters: InteractionRequest['parameters']): string =>
  parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');

/** Who asks, as lines have it. */
export function whoOf({ caller, breakGlass }: Pick<Context, 'caller' | 'breakGlass'>): Partial<Line> {
  if (caller === undefined) return {};
  const { id, client, roles, structures, fhirUser, practitioner, patient, kind } = caller;
  const user = fhirUser ?? practitioner ?? (kind === 'patient' ? patient : undefined);
  return {
    who: id,
    ...(client !== undefined && { client }),
    ...(roles.length > 0 && { roles: roles.map(({ code }) => code) }),
    ...(structures.length > 0 && { structures }),
    ...(user !== undefined && { user }),
    ...(breakGlass !== undefined && { glass: breakGlass }),
  };
}
