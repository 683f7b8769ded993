/** A value set whose codes are all known. https://hl7.org/fhir/R4/valueset.html */
export class ValueSetCodes {
  private readonly systems: ReadonlyMap<string, ReadonlySet<string>>;
  private readonly all: ReadonlySet<string>;

  /** `content`: system to its codes. */
  constructor(content: Record<string, readonly string[]>) {
    this.systems = new Map(Object.entries(content).map(([system, codes]) => [system, new Set(codes)]));
    this.all = new Set(Object.values(content).flat());
  }

  has(system: string, code: string): boolean {
    return this.systems.get(system)?.has(code) === true;
  }
  /** For elements of type `code`, whose system is implied. */
  hasCode(code: string): boolean {
    return this.all.has(code);
  }
  /** The system that holds a code; with several systems, the first. */
  systemOf(code: string): string | undefined {
    for (const [system, codes] of this.systems) if (codes.has(code)) return system;
    return undefined;
  }
  get size(): number {
    return this.all.size;
  }
  /** Every system with its codes. */
  bySystem(): Iterable<[system: string, codes: ReadonlySet<string>]> {
    return this.systems;
  }
  /** Every code, for messages. */
  codes(): Iterable<string> {
    return this.all;
  }
}
