/** The sharing of health documents, PDSm and IHE MHD, as interactions. docs/adr/0022-documents-as-interactions.md */
import type { Interaction } from '../interactions/interaction.js';
import { KEPT } from './kept.js';
import { provideDocumentBundle } from './provide-document-bundle.js';
import { publish } from './publish.js';

export { otherTransaction } from './other-ways.js';
export { isProvided, provideDocumentBundle } from './provide-document-bundle.js';

/** Each goes before the one that all types have. */
export const DOCUMENT_INTERACTIONS: readonly Interaction[] = [provideDocumentBundle, publish, ...KEPT];
