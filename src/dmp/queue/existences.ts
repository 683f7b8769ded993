/** TD0.2 before a sending: has the patient an open DMP? What was answered is kept for a while, in this process. */
import type { DmpClient, Outcome } from '../client.js';
import type { Id } from '../document.js';
import type { Existence } from '../hl7v3/existence.js';

/** Milliseconds for which an answer holds: one that is good, and one that keeps documents back. */
export interface ExistenceSettings {
  readonly open: number;
  readonly other: number;
}
export const DEFAULT_EXISTENCE: ExistenceSettings = { open: 3_600_000, other: 60_000 };

export interface ExistenceAnswer {
  readonly messageId: string;
  readonly outcome: Outcome<Existence>;
}
/** Patients that are remembered. */
const MOST = 50_000;

export class Existences {
  readonly #known = new Map<string, { readonly isOpen: boolean; readonly until: number }>();
  readonly #asking = new Map<string, Promise<ExistenceAnswer>>();

  constructor(
    private readonly settings: ExistenceSettings,
    private readonly now: () => number,
  ) {}

  /** Whether there is an open one, as far as it is remembered. */
  known(patient: Id): boolean | undefined {
    const found = this.#known.get(nameOf(patient));
    return found === undefined || found.until <= this.now() ? undefined : found.isOpen;
  }

  forget(patient: Id): void {
    this.#known.delete(nameOf(patient));
  }

  /** Several documents of a patient ask once. */
  ask(client: DmpClient, patient: Id): Promise<ExistenceAnswer> {
    const name = nameOf(patient);
    const asking = this.#asking.get(name) ?? this.#ask(client, patient, name);
    this.#asking.set(name, asking);
    return asking;
  }

  async #ask(client: DmpClient, patient: Id, name: string): Promise<ExistenceAnswer> {
    try {
      const answer = await client.existence(patient);
      const { outcome } = answer;
      if (outcome.kind === 'success' && outcome.value.state !== 'error') {
        const isOpen = outcome.value.state === 'active';
        if (this.#known.size >= MOST) this.#known.clear();
        this.#known.set(name, { isOpen, until: this.now() + this.settings[isOpen ? 'open' : 'other'] });
      }
      return answer;
    } finally {
      this.#asking.delete(name);
    }
  }
}

const nameOf = ({ root, extension }: Id): string => `${extension}|${root}`;
