import { readName } from './names.js';

/** A service's name to the other ways in which it is written (`services.aliases`). */
export type Aliases = Readonly<Record<string, readonly string[]>>;

/** Finds the name that the configuration gives for a spelling. Letter case does not count. */
export class AliasTable {
  private readonly names = new Map<string, string>();

  constructor(private readonly aliases: Aliases = {}) {
    for (const [name, spellings] of Object.entries(aliases)) {
      for (const spelling of [name, ...spellings]) this.names.set(spelling.toLowerCase(), name);
    }
  }

  /**
   * The service's name for a text as it stands, or without what an address adds to it; null when the table has none.
   */
  nameFor(text: string): string | null {
    return (
      this.names.get(text.trim().toLowerCase()) ?? this.names.get(readName(text).name.toLowerCase()) ?? null
    );
  }

  /** The name and its other spellings. */
  spellingsOf(name: string): readonly string[] {
    return Object.hasOwn(this.aliases, name) ? [name, ...(this.aliases[name] ?? [])] : [name];
  }
}
