import { onEveryStore } from '../support/stores.js';
import { customParameters } from './search-custom.js';

await onEveryStore(customParameters);
