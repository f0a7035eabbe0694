import { setCurrentDetails } from '@temporalio/workflow';
import { currentDetails } from '../../report/details.js';
import { reduce, type IncidentEvent } from './incident.js';
import { recordOf, type Incident } from './state.js';
import { SearchAttributes } from './search-attributes.js';

/** One incident within its workflow: its present state, which events change, and what the Temporal UI shows of it. */
export class IncidentContext {
  /** Ends at once what is waited for or investigated, because the incident is to end. */
  interrupt: () => void = () => undefined;
  private waitingFor: string | null = null;
  private readonly searchAttributes = new SearchAttributes();

  constructor(private state: Incident) {}

  get incident(): Incident {
    return this.state;
  }

  /** Takes an event in, and shows what came of it in the Temporal UI. */
  apply(event: IncidentEvent): void {
    const before = this.state;
    this.state = reduce(before, event);
    // The steps of an investigation are answered to queries alone.
    if (event.kind === 'step' || this.state === before) return;
    this.show();
    if (this.state.endingAs !== null) this.interrupt();
  }

  /** Shows in the Temporal UI what the incident waits for; null when for nothing. */
  waitsFor(what: string | null): void {
    this.waitingFor = what;
    this.show();
  }

  private show(): void {
    const record = recordOf(this.state);
    const waiting = this.waitingFor === null ? '' : `\n\n${this.waitingFor}.`;
    setCurrentDetails(`${currentDetails(record)}${waiting}`);
    this.searchAttributes.show(record);
  }
}
