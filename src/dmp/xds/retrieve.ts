/** TD3.2: the content of documents. https://profiles.ihe.net/ITI/TF/Volume2/ITI-43.html */
import { element, leaf } from '../xml/write.js';
import { SPACES } from './names.js';

export interface Wanted {
  readonly repository: string;
  readonly uniqueId: string;
}

export function retrieveRequest(wanted: readonly Wanted[]): string {
  const one = ({ repository, uniqueId }: Wanted): string =>
    element(
      'xdsb:DocumentRequest',
      {},
      leaf('xdsb:RepositoryUniqueId', repository),
      leaf('xdsb:DocumentUniqueId', uniqueId),
    );
  return element('xdsb:RetrieveDocumentSetRequest', { 'xmlns:xdsb': SPACES.xdsb }, ...wanted.map(one));
}
