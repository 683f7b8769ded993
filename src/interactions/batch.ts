/** Batch: entries that stand for themselves, each answered by itself. https://hl7.org/fhir/R4/http.html#transaction */
import { bundleEntries, type Entry, entryError, phaseOf, withBody } from './entries.js';
import { entryResponse, failureResponse, responseBundle } from './entry-response.js';
import type { Context, Interaction, InteractionRequest, Result } from './interaction.js';
import { storeError } from './store-errors.js';
import { endOf, trace } from './trace.js';

/** Entries under way at a time: they share the store's commits. */
const ABREAST = 16;

export const batch: Interaction = {
  code: 'batch',
  level: 'system',
  method: 'POST',
  path: '/',
  takesBody: true,
  async run(request, context): Promise<Result> {
    const source = request.body?.source ?? '';
    const read = bundleEntries(request.body, context);
    const answers: string[] = [];
    const phases: Entry[][] = [[], [], [], []];
    for (const [index, one] of read.entries()) {
      try {
        const entry = one();
        (phases[phaseOf(entry)] as Entry[]).push(entry);
      } catch (error) {
        answers[index] = failure(error, index, source, context);
      }
    }
    for (const entries of phases) {
      let next = 0;
      const worker = async (): Promise<void> => {
        for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
          answers[entry.index] = await answer(entry, source, context);
        }
      };
      await Promise.all(Array.from({ length: ABREAST }, worker));
    }
    return { status: 200, text: responseBundle('batch-response', answers) };
  },
};

async function answer(entry: Entry, source: string, context: Context): Promise<string> {
  const { interaction } = entry.route;
  try {
    const asked: InteractionRequest = withBody(entry);
    const result = await interaction.run(asked, context);
    trace(interaction, entry.request, result, context);
    return entryResponse(entry, result, context);
  } catch (error) {
    trace(interaction, entry.request, endOf(error), context);
    return failure(error, entry.index, source, context);
  }
}

/** Throws what is nobody's request. */
function failure(error: unknown, index: number, source: string, context: Context): string {
  const known = storeError(error);
  if (known !== undefined) return failureResponse(entryError(known, index, source), context);
  throw error;
}
