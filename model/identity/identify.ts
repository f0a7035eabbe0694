import { nameInCloudId } from './cloud.js';
import { Facts, type Clue } from './facts.js';
import { readName } from './names.js';

/** Whom labels are about. */
export interface Identity {
  /** Empty when no label tells. */
  name: string;
  /** Namespace and cluster of the service, as far as labels tell. */
  namespace: string | null;
  cluster: string | null;
  /** The label that names it. */
  from: string | null;
  /** That label's value. */
  written: string | null;
  /**
   * How it is known: `named` by a label for services; by the `object` that the labels tell of; by the `exporter` that
   * was scraped, since they tell of no object; by a `hint`, which is a guess; or not at all.
   */
  how: 'named' | 'object' | 'exporter' | 'hint' | 'none';
  /** The label that names an exporter, with its value: then labels of the scrape did not count. */
  exporter: { label: string; value: string } | null;
}

export interface IdentifyOptions {
  /** Labels that name services, the most telling first. */
  serviceLabels: readonly string[];
  /** The PromQL of an alert, where it is known: it tells an exporter's metrics under whatever job. */
  expression?: string | undefined;
}

/**
 * Says whom the labels of an alert, a series or a target are about: the one place where services are named from labels.
 *
 * A label for services names it, unless that label only tells where an exporter was scraped. Then the object counts
 * that the labels tell of: a called service, a workload, a pod, a claim, a topic, a database, a probed address, a host.
 */
export function identify(
  labels: Readonly<Record<string, string>>,
  { serviceLabels, expression }: IdentifyOptions,
): Identity {
  const facts = new Facts(labels, expression);
  const { isOfExporter } = facts;
  const found =
    known('named', facts.overwritten(serviceLabels)) ??
    known('named', isOfExporter ? facts.namedBeyondScrape(serviceLabels) : null) ??
    known('object', isOfExporter ? facts.workload() : facts.isOfWorkload ? facts.ownWorkload() : null) ??
    known('named', facts.named(serviceLabels)) ??
    known('object', facts.workload() ?? facts.otherObject()) ??
    known('exporter', facts.anyNamed(serviceLabels)) ??
    known('hint', facts.hint());
  const { exporter } = facts;
  const rest = {
    cluster: facts.cluster(),
    exporter: exporter && { label: exporter.label, value: exporter.value },
  };
  if (!found) {
    return { name: '', namespace: facts.namespace(), from: null, written: null, how: 'none', ...rest };
  }
  const { how, clue } = found;
  const place = clue.isElsewhere ? null : facts.namespace();
  const { name, namespace } = nameIn(clue, place);
  return {
    name,
    namespace: place ?? namespace,
    from: clue.label,
    written: clue.written,
    how,
    ...rest,
  };
}

function known(how: Identity['how'], clue: Clue | null): { how: Identity['how']; clue: Clue } | null {
  return clue && { how, clue };
}

/** The name in a label's value. `payment.shop` is an address where the service is in the namespace `shop`. */
function nameIn({ value, isHost }: Clue, place: string | null): { name: string; namespace: string | null } {
  if (isHost) return { name: value, namespace: null };
  const inCloud = nameInCloudId(value);
  if (inCloud !== null) return { name: inCloud, namespace: null };
  const read = readName(value);
  const inPlace = place === null ? '' : `.${place}`;
  const isAddress = inPlace !== '' && read.name.endsWith(inPlace) && read.name.length > inPlace.length;
  return isAddress ? { ...read, name: read.name.slice(0, -inPlace.length) } : read;
}
