/** Addresses of the network: which are this machine's own, and which an operator's list names. https://www.rfc-editor.org/rfc/rfc4632 */
import { BlockList, isIP } from 'node:net';

/** `localhost`, 127.0.0.0/8, ::1 and their other spellings: what only this machine reaches. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare.endsWith('.localhost') || (isIP(bare) !== 0 && LOOPBACK.has(bare));
}

/** A set of addresses and of ranges such as `10.0.0.0/8`. */
export class AddressList {
  readonly #list = new BlockList();

  /** Throws an Error for an entry that is no address. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', bits, ...more] = entry.split('/');
      const family = familyOf(address);
      const most = family === 'ipv4' ? 32 : 128;
      if (family === undefined || more.length > 0 || (bits !== undefined && !(/^\d+$/.test(bits) && +bits <= most))) {
        throw new Error(`${entry} is no address`);
      }
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  /** False for what is no address. An IPv4 address may come as `::ffff:10.0.0.1`. */
  has(address: string): boolean {
    const plain = plainAddress(address);
    const family = familyOf(plain);
    return family !== undefined && this.#list.check(plain, family);
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' | undefined =>
  (({ 4: 'ipv4', 6: 'ipv6' }) as const)[isIP(address) as 4 | 6];

/** An IPv4 address as such, where a socket of both families gives it as IPv6. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

const LOOPBACK = new AddressList(['127.0.0.0/8', '::1']);
