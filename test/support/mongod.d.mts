export interface Mongo {
  /** The address of a database of this run's own. */
  uri(database?: string): string;
  stop(): Promise<void>;
}
/** Under CI a missing mongod is a failure: there nothing is skipped. `skip` says how to have one. */
export function findMongo(): Promise<Mongo | { skip: string }>;
