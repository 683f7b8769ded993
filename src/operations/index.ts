/** Every operation that the server has. https://hl7.org/fhir/R4/operations.html */
import type { Interaction } from '../interactions/interaction.js';
import { dmpCounts } from './dmp-counts.js';
import { dmpDelete } from './dmp-delete.js';
import { dmpHold } from './dmp-hold.js';
import { dmpRelease } from './dmp-release.js';
import { dmpReplace } from './dmp-replace.js';
import { dmpResubmit } from './dmp-resubmit.js';
import { DMP_STATUS } from './dmp-status.js';
import { EXPAND } from './expand.js';
import { IHE_PIX } from './ihe-pix.js';
import { insVerify } from './ins-verify.js';
import { LOOKUP } from './lookup.js';
import { match } from './match.js';
import { merge } from './merge.js';
import { reindex, reindexStatus } from './reindex.js';
import { unmerge } from './unmerge.js';
import { validateInstance, validateStored, validateType } from './validate.js';
import { VALIDATE_CODE } from './validate-code.js';

export const OPERATIONS: readonly Interaction[] = [
  reindexStatus,
  reindex,
  validateType,
  validateInstance,
  validateStored,
  ...EXPAND,
  ...VALIDATE_CODE,
  ...LOOKUP,
  ...IHE_PIX,
  match,
  merge,
  unmerge,
  insVerify,
  dmpCounts,
  ...DMP_STATUS,
  dmpHold,
  dmpRelease,
  dmpResubmit,
  dmpDelete,
  dmpReplace,
];
