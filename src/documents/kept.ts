/**
 * Documents stay what they are: interactions that would change or remove one are those of all types, on a store that
 * lets only its metadata change. https://interop.esante.gouv.fr/ig/fhir/pdsm/
 */
import { concluded } from '../interactions/concluded.js';
import { conditionalDelete } from '../interactions/conditional-delete.js';
import { conditionalUpdate } from '../interactions/conditional-update.js';
import { create } from '../interactions/create.js';
import { parseCriteria } from '../interactions/criteria.js';
import { deleteInteraction } from '../interactions/delete.js';
import type { Context, Interaction, InteractionRequest } from '../interactions/interaction.js';
import { conditionalPatch, patch } from '../interactions/patch.js';
import { transactionStore } from '../interactions/transaction-store.js';
import { update } from '../interactions/update.js';
import { FhirError } from '../r4/errors.js';
import { type Put, renderText, type Transaction } from '../store/store.js';
import { forbiddenChanges, isFiled, read } from './filed.js';
import { checkOtherWay, locksOfOther } from './other-ways.js';

/** Refuses a write that changes what was filed. Throws `document-immutable`, `document-put`, `document-kept`. */
async function checkPut(
  { type, id, content }: Put,
  transaction: Pick<Transaction, 'read'>,
  { method }: Interaction,
): Promise<void> {
  const now = await transaction.read(type, id);
  if (now === undefined || now.deleted) return;
  const before = read(now.text);
  if (!isFiled(before)) return;
  const allowed = type === 'DocumentReference' ? 'GET, HEAD, PATCH' : 'GET, HEAD';
  if (content === null) throw new FhirError('document-kept', { allowed });
  if (method === 'PUT') throw new FhirError('document-put', { allowed });
  const elements = forbiddenChanges(before, read(renderText(content.text, id, 1, 0)));
  if (elements.length === 0) return;
  throw new FhirError(
    'document-immutable',
    { elements: elements.join(', '), allowed },
    { expression: `${type}.${elements[0]}` },
  );
}

async function locksOf(request: InteractionRequest, interaction: Interaction, context: Context): Promise<string[]> {
  const { type, id, parameters } = request;
  const place =
    interaction.level === 'instance' ? [`${type}/${id}`] : (await parseCriteria(type, parameters, context)).locks;
  return [...place, ...locksOfOther(type, request.body?.value)];
}

function guarded(type: string, interaction: Interaction): Interaction {
  return {
    ...interaction,
    type,
    path: interaction.path.replace(':type', type),
    async run(request, context) {
      const { store } = context.services;
      return await store.transact(await locksOf(request, interaction, context), async (inner) => {
        const checking: Transaction = {
          ...inner,
          put: async (put) => {
            await checkPut(put, inner, interaction);
            return await inner.put(put);
          },
          putAll: async (puts) => {
            for (const put of puts) await checkPut(put, inner, interaction);
            return await inner.putAll(puts);
          },
        };
        const on = (transaction: Transaction): Context => ({
          ...context,
          services: { ...context.services, store: transactionStore(store, transaction) },
        });
        const result = await interaction.run(request, on(checking));
        await checkOtherWay(request, result, on(inner));
        return await concluded(result, inner);
      });
    },
  };
}

const CHANGES = [update, conditionalUpdate, patch, conditionalPatch, deleteInteraction, conditionalDelete];

/** A Binary holds the bytes of a document; a Bundle is one, of FHIR. */
export const KEPT: readonly Interaction[] = [
  { ...create, type: 'Binary', path: '/Binary' },
  ...['Binary', 'Bundle', 'DocumentReference'].flatMap((type) =>
    CHANGES.map((interaction) => guarded(type, interaction)),
  ),
];
