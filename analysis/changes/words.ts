import { stemmer } from 'stemmer';

/** Words that every program or every failure uses: they link nothing. */
const COMMON = new Set(
  (
    'the a an and or of to in on at by for from with without into than then is are was were be been has have had ' +
    'it its this that these those no not now new old only more less after before when while during all any each ' +
    'if else for while do return func function def fn class struct type interface const let var val import export ' +
    'package module public private static final void async await try catch throw throws raise except pass switch ' +
    'case break continue default nil null none true false self int integer float double string str bool boolean ' +
    'byte bytes map list array object err error errors exception fail failed failing failure fatal panic warn ' +
    'warning info debug log logger logging ctx context request requests response req res http https get set put ' +
    'post count total ratio rate per second seconds sec ms min svc service services server client handler api app ' +
    'data value values name names key id ids msg message code status line file files path src lib pkg cmd internal ' +
    'main test tests refactor fix feat chore style docs tidy simplify update bump add adjust make use returned ' +
    'returning upstream downstream above below observed off flag enabled disabled'
  ).split(' '),
);

/** Short forms that programs use, and the word that people write in logs. */
const LONG_FORM = new Map([
  ['conn', 'connection'],
  ['conns', 'connection'],
  ['db', 'database'],
  ['mem', 'memory'],
  ['cfg', 'config'],
  ['conf', 'config'],
  ['idx', 'index'],
  ['tx', 'transaction'],
  ['txn', 'transaction'],
  ['addr', 'address'],
  ['cert', 'certificate'],
  ['certs', 'certificate'],
  ['proto', 'protobuf'],
  ['regexp', 'regex'],
]);

/** A word as it is compared, and whether it is a whole identifier of several words. */
export interface Word {
  stem: string;
  whole: boolean;
  /** As it is written, for people. */
  written: string;
}

/** `aB`, `ABc`: where an identifier in camel case is cut. */
const CAMEL = /(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/u;
const IDENTIFIER = /[\p{L}\p{N}_$]+/gu;

/**
 * The words of a text, stemmed (Porter) and in lower case: the parts of identifiers and, when an identifier has
 * several, its pairs of neighbours and the identifier itself. Common words, numbers and single letters are left out. Repeats stay.
 */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const [identifier] of text.matchAll(IDENTIFIER)) {
    const parts = identifier
      .split(/[_$]+/u)
      .flatMap((part) => part.split(CAMEL))
      .map((part) => part.toLowerCase())
      .filter((part) => part !== '');
    for (const [at, part] of parts.entries()) {
      const next = parts[at + 1];
      if (next !== undefined)
        words.push({ stem: `${part}_${next}`, whole: true, written: `${part} ${next}` });
    }
    if (parts.length > 2) words.push({ stem: parts.join('_'), whole: true, written: identifier });
    for (const part of parts) {
      if (part.length < 2 || COMMON.has(part) || /^\d+$/u.test(part)) continue;
      words.push({ stem: stemmer(LONG_FORM.get(part) ?? part), whole: false, written: part });
    }
  }
  return words;
}

/** The words of a service's or host's name, also when it is written in one: `paymentservice`. */
export function wordsOfName(name: string): string[] {
  const parts = wordsOf(name)
    .filter(({ whole }) => !whole)
    .map(({ stem }) => stem);
  const bare = name.toLowerCase().replace(/[-_]?(?:service|svc|server)$/u, '');
  return [...new Set([...parts, ...wordsOf(bare).map(({ stem }) => stem)])];
}
