/** A server as a process of its own. */
export interface Restartable {
  /** The FHIR base of the one that runs. */
  readonly base: string;
  readonly pid: number;
  kill(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}
export function restartable(store: string, nodeFlags?: readonly string[]): Promise<Restartable>;
