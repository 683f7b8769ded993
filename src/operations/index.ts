/** Every operation that the server has. https://hl7.org/fhir/R4/operations.html */
import type { Interaction } from '../interactions/interaction.js';
import { reindex, reindexStatus } from './reindex.js';
import { validateInstance, validateStored, validateType } from './validate.js';

export const OPERATIONS: readonly Interaction[] = [
  reindexStatus,
  reindex,
  validateType,
  validateInstance,
  validateStored,
];
