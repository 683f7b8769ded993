/** Every interaction that the server has: the routes and the CapabilityStatement are made from this list. */
import { batch } from './batch.js';
import { capabilities } from './capabilities.js';
import { conditionalDelete } from './conditional-delete.js';
import { conditionalUpdate } from './conditional-update.js';
import { create } from './create.js';
import { deleteInteraction } from './delete.js';
import { historyInstance, historySystem, historyType } from './history.js';
import type { Interaction } from './interaction.js';
import { conditionalPatch, patch } from './patch.js';
import { read } from './read.js';
import { searchByPost, searchType } from './search.js';
import { searchCompartment, searchCompartmentByPost } from './search-compartment.js';
import { searchSystem, searchSystemByPost } from './search-system.js';
import { transaction } from './transaction.js';
import { update } from './update.js';
import { vread } from './vread.js';

export const INTERACTIONS: readonly Interaction[] = [
  capabilities,
  read,
  vread,
  create,
  update,
  conditionalUpdate,
  patch,
  conditionalPatch,
  deleteInteraction,
  conditionalDelete,
  historyInstance,
  historyType,
  historySystem,
  searchType,
  searchByPost,
  searchSystem,
  searchSystemByPost,
  searchCompartment,
  searchCompartmentByPost,
  batch,
  transaction,
];
