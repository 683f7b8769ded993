/** What a store can fail with, as an error of the table. */
import { FhirError } from '../r4/errors.js';
import { ContentTooLarge } from '../store/contents.js';
import {
  BadCursor,
  StoreDamaged,
  StoreFull,
  StoreUnavailable,
  TooComplex,
  TooLargeForStore,
  TransactionTooLong,
} from '../store/store.js';

/** `undefined` for what is none of the port's errors. */
export function storeError(error: unknown): FhirError | undefined {
  if (error instanceof FhirError) return error;
  if (error instanceof BadCursor) return new FhirError('bad-cursor');
  if (error instanceof TooComplex) return new FhirError('search-too-complex');
  if (error instanceof ContentTooLarge) return new FhirError('too-large', { max: error.max });
  if (error instanceof TooLargeForStore) return new FhirError('too-large-for-store');
  if (error instanceof StoreFull) return new FhirError('store-full');
  if (error instanceof StoreDamaged) return new FhirError('store-damaged');
  if (error instanceof TransactionTooLong) return new FhirError('transaction-too-long', { seconds: error.seconds });
  if (error instanceof StoreUnavailable) return new FhirError('unavailable');
  return undefined;
}
