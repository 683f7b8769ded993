/**
 * The contents port: bytes of documents, each kept once under its SHA-256, apart from the resources that name them.
 * `store.contents` of each engine keeps it; a store is one tenant's, and so are its contents. What is put is durable
 * before a resource may name it, so that no commit ever names what is not there; what no commit names is garbage, which
 * `sweep` takes. docs/adr/0021-contents-apart.md
 */
import { createHash } from 'node:crypto';

export interface ContentFacts {
  /** SHA-256 in 64 hexadecimal digits: the name under which the bytes are kept. */
  address: string;
  /** In bytes. */
  size: number;
  /** SHA-1 in base64, as `Attachment.hash` has it. https://hl7.org/fhir/R4/datatypes.html#Attachment */
  sha1: string;
}

/** Both ends are in it, as in HTTP. */
export interface ByteRange {
  start: number;
  end: number;
}

export type Bytes = Uint8Array | AsyncIterable<Uint8Array>;

export interface Contents {
  /**
   * Keeps bytes; durable when it resolves. `facts` are those of bytes at hand, where they are known. Throws
   * ContentTooLarge beyond `max` bytes, and what the source throws.
   */
  put(bytes: Bytes, max?: number, facts?: ContentFacts): Promise<ContentFacts>;
  /** The size in bytes; `undefined` where there is no such content. */
  size(address: string): Promise<number | undefined>;
  /** The bytes, piece by piece, so that no content is in memory as a whole. The content is there: `size` said so. */
  read(address: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /**
   * Removes what was last put before `before` (ms since 1970) and is not among `kept`, which is asked once it is known
   * what might go; a content that is put again meanwhile stays. Resolves to how many went.
   */
  sweep(before: number, kept: () => Promise<ReadonlySet<string>>): Promise<number>;
}

/** More bytes than the caller takes: 413 to the client. */
export class ContentTooLarge extends Error {
  override name = 'ContentTooLarge';
  constructor(readonly max: number) {
    super(`more than ${max} bytes`);
  }
}

/** Hashes and counts what runs through. */
export class ContentHash {
  private readonly sha256 = createHash('sha256');
  private readonly sha1 = createHash('sha1');
  private size = 0;
  constructor(private readonly max = Number.POSITIVE_INFINITY) {}

  /** Throws ContentTooLarge. */
  update(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (this.size > this.max) throw new ContentTooLarge(this.max);
    this.sha256.update(bytes);
    this.sha1.update(bytes);
  }
  facts(): ContentFacts {
    return { address: this.sha256.digest('hex'), size: this.size, sha1: this.sha1.digest('base64') };
  }
}

/** Of bytes that are at hand. Throws ContentTooLarge. */
export function factsOf(bytes: Uint8Array, max?: number): ContentFacts {
  const hash = new ContentHash(max);
  hash.update(bytes);
  return hash.facts();
}

/**
 * How the text of a Binary says that its data are a content: the address as a string behind a tab. Stored texts have no
 * white space between their tokens and none unescaped within strings, so that nobody who sends a text can write this.
 */
export const contentMark = (address: string): string => `\t"${address}"`;
const MARK = /\t"([0-9a-f]{64})"/;

/** The address of the content that a stored text names, if it names one. */
export function contentOf(text: string): string | undefined {
  // Nearly all texts have no tab, which is told in no time.
  return text.includes('\t') ? MARK.exec(text)?.[1] : undefined;
}

/** The text between the contents that it names, and their addresses: text, address, text, ..., text. */
export const contentPieces = (text: string): string[] => text.split(MARK);
