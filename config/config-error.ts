/** One thing that is wrong with a file that a person wrote. */
export interface Problem {
  /** Where: `metrics.url`; empty for the whole file. */
  path: string;
  /** `expected an http(s) address, got 'prom:9090'` */
  problem: string;
  /** `write http://prom:9090`; empty when the problem says it all. */
  remedy: string;
  /** Line in the file, from 1; null when the value does not come from it. */
  line: number | null;
}

/** What is wrong, one line each: `faultline.yml:3: metrics.url: expected ..., got ...; write ...`. */
function describeProblems(file: string | null, problems: readonly Problem[]): string {
  return problems
    .map(({ path, problem, remedy, line }) => {
      const place = [file && (line === null ? file : `${file}:${line}`), path].filter(Boolean).join(': ');
      return `${place}${place && ': '}${problem}${remedy && `; ${remedy}`}`;
    })
    .join('\n');
}

/** A file that a person wrote cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(
    /** The file as it was named; null when all came from the environment. */
    readonly file: string | null,
    readonly problems: readonly Problem[],
  ) {
    super(describeProblems(file, problems));
  }
}
