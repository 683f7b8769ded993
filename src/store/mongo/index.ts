import type { Store } from '../store.js';
export async function openMongoStore(_options: { uri: string }): Promise<Store> {
  throw new Error('none');
}
