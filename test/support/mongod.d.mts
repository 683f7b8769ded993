export interface Mongo {
  /** The address of a database of this run's own. */
  uri(database?: string): string;
  stop(): Promise<void>;
}
/** Under CI a missing mongod is a failure: there nothing is skipped. `skip` says how to have one. */
export function findMongo(): Promise<Mongo | { skip: string }>;
/** The binary that tests start; `undefined` where none can be had. */
export function findBinary(): string | undefined;
export interface Node {
  /** `127.0.0.1:` and its port. */
  host: string;
  readonly pid: number;
  /** Ends it at once, as a power cut would; its data stay. */
  end(): Promise<void>;
  /** Starts it again on its data. */
  start(): void;
  stop(): Promise<void>;
}
/** One server with a data folder of its own; `more` says whether it belongs to a replica set. */
export function startNode(binary: string, more: readonly string[]): Promise<Node>;
/** A replica set of so many members, which elect a new primary after so many milliseconds without one. */
export function startSet(
  binary: string,
  count: number,
  electionTimeoutMillis?: number,
): Promise<Mongo & { nodes: Node[] }>;
