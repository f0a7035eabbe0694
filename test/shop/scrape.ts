/** What a scrape says, read the way a test needs it. */
export class Scrape {
  private constructor(private readonly samples: { series: string; value: number }[]) {}

  /** @returns null when nobody answers. */
  static async of(url: string): Promise<Scrape | null> {
    let text: string;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
      text = await response.text();
    } catch {
      return null;
    }
    const samples = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const cut = line.lastIndexOf(' ');
        return { series: line.slice(0, cut), value: Number(line.slice(cut + 1)) };
      });
    return new Scrape(samples);
  }

  /** Sum over the samples of a metric whose labels match every pattern. */
  sum(metric: string, ...labels: RegExp[]): number {
    return this.samples
      .filter(({ series }) => series.startsWith(`${metric}{`) && labels.every((label) => label.test(series)))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Value of a label of a metric's first sample. */
  label(metric: string, name: string): string | undefined {
    const sample = this.samples.find(({ series }) => series.startsWith(`${metric}{`));
    return sample?.series.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1];
  }
}
