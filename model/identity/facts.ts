import { cloudLabelIn } from './cloud.js';
import {
  exporterKind,
  exporterKindOf,
  isTellingContainer,
  kindOfAlert,
  type ExporterKind,
} from './exporters.js';
import {
  BELONGING_LABELS,
  CALLED_LABELS,
  CALLED_NAMESPACE_LABELS,
  CLUSTER_LABELS,
  HINT_LABELS,
  HOST_LABELS,
  NAMESPACE_LABELS,
  OTHER_LABELS,
  POD_LABELS,
  PROBED_LABELS,
  SCRAPE_LABELS,
  SPELLINGS,
  WORKLOAD_LABELS,
  type ObjectLabel,
} from './labels.js';
import { workloadOfPod } from './workload.js';
import { hostOf, isIpAddress, isNamespace } from './names.js';

/** A label's value, and what the label is called where it was found. */
export interface Fact {
  value: string;
  label: string;
  /** The scrape had another value for the label, and renamed this one (`exported_service`). */
  isOverwritten: boolean;
}

/** What a label says of whom it is about. */
export interface Clue {
  /** The name, as far as the kind of label tells it. */
  value: string;
  label: string;
  /** The value of the label as it stands. */
  written: string;
  /** A machine or an address outside: its name is no service's, and its domain belongs to it. */
  isHost?: true;
  /** The namespace among the labels is the exporter's, or that of the caller. */
  isElsewhere?: true;
}

/** Values that say that there is none. */
const NOBODY = /^(unknown|<none>|none|null|undefined|n\/a|-)?$/i;

/** Who counted a call in a mesh (Istio); the called side is among the labels then. */
const MESH_REPORTER = /^(source|destination|waypoint)$/;

/** No name is longer; what is longer is not looked at further. */
const MAX_VALUE_CHARACTERS = 512;

/** The labels of an alert, a series or a target, to be asked whom they are about. */
export class Facts {
  private readonly facts = new Map<string, Fact>();
  private readonly kind: ExporterKind | null;
  /** The fact that names an exporter, so that labels of the scrape count less. */
  readonly exporter: Fact | null;

  constructor(labels: Readonly<Record<string, string>>, expression = '') {
    for (const [label, text] of Object.entries(labels)) this.add(label, text);
    const named = SCRAPE_LABELS.flatMap((label) => {
      const value = Object.hasOwn(labels, label) ? (labels[label] ?? '') : '';
      const kind = exporterKind(value);
      return kind === null ? [] : [{ kind, fact: { value, label, isOverwritten: false } }];
    });
    // A host's or a prober's name says more than that of the agent which runs it.
    const first = named.find(({ kind }) => kind === 'host' || kind === 'probe') ?? named[0];
    this.exporter = first?.fact ?? null;
    const alertName = Object.hasOwn(labels, 'alertname') ? (labels['alertname'] ?? '') : '';
    this.kind = first?.kind ?? exporterKindOf(expression) ?? kindOfAlert(alertName) ?? this.kindOfInstance();
  }

  /** Whether the labels are those of an exporter, an agent or a mesh, which tell of others. */
  get isOfExporter(): boolean {
    return this.kind !== null || MESH_REPORTER.test(this.facts.get('reporter')?.value ?? '');
  }

  /** Whether a scrape in Kubernetes tells of a workload, by an exporter that is not known by name. */
  get isOfWorkload(): boolean {
    return (this.has('instance') || this.has('endpoint')) && this.namespace() !== null;
  }

  /** Workload labels alone, without the pod. */
  ownWorkload(): Clue | null {
    return this.read(WORKLOAD_LABELS);
  }

  get isOfHostOrProbe(): boolean {
    return this.kind === 'host' || this.kind === 'probe';
  }

  /** A label for services that a scrape renamed since it has one of that name itself. */
  overwritten(serviceLabels: readonly string[]): Clue | null {
    const facts = serviceLabels.flatMap((label) => this.facts.get(plainLabel(label)) ?? []);
    const own = facts.find(({ value, isOverwritten }) => isOverwritten && exporterKind(value) === null);
    return own ? clue(own) : null;
  }

  /** A label for services, unless it is an exporter's. */
  named(serviceLabels: readonly string[]): Clue | null {
    for (const label of serviceLabels) {
      const fact = this.facts.get(plainLabel(label));
      if (fact && !(this.isOfExporter && this.isOfScrape(fact))) return clue(fact);
    }
    return null;
  }

  /** A label for services that neither a scrape adds nor an exporter of workloads. */
  namedBeyondScrape(serviceLabels: readonly string[]): Clue | null {
    const ofOthers = new Set<string>([...SCRAPE_LABELS, ...WORKLOAD_LABELS.map(({ label }) => label)]);
    return this.named(
      serviceLabels.filter((label) => !ofOthers.has(SPELLINGS.get(plainLabel(label)) ?? plainLabel(label))),
    );
  }

  /** The first label for services, whosever it is. */
  anyNamed(serviceLabels: readonly string[]): Clue | null {
    const [fact] = serviceLabels.flatMap((label) => this.facts.get(plainLabel(label)) ?? []);
    return fact ? clue(fact) : null;
  }

  /** A service that is called, a workload, a pod, or what belongs to one. */
  workload(): Clue | null {
    if (this.isOfHostOrProbe) return this.read(WORKLOAD_LABELS);
    const called = this.read(CALLED_LABELS);
    if (called) return called;
    return this.read(WORKLOAD_LABELS) ?? this.pod() ?? this.read(BELONGING_LABELS);
  }

  /** What else exporters tell of: a resource of a cloud, a topic, a database, an address that was probed, a host. */
  otherObject(): Clue | null {
    if (this.kind === 'probe') return this.address(PROBED_LABELS);
    if (this.kind === 'host') return this.host([...HOST_LABELS, 'instance']);
    const cloud = cloudLabelIn([...this.facts.keys()]);
    const other = [cloud, ...OTHER_LABELS].flatMap((label) => this.facts.get(label ?? '') ?? [])[0];
    if (other) return { ...clue(other), isElsewhere: true };
    if (this.kind === null) return null;
    const container = this.facts.get('container');
    if (container && isTellingContainer(container.value)) return clue(container);
    return this.host(HOST_LABELS) ?? (this.kind === 'remote' ? this.asked() : null);
  }

  /** The best guess where no label is meant to name a service. */
  hint(): Clue | null {
    for (const label of HINT_LABELS) {
      const fact = this.facts.get(label);
      if (!fact || (label === 'container' && !isTellingContainer(fact.value))) continue;
      if (label === 'pod') return { ...clue(fact), value: workloadOfPod(fact.value) };
      const isHost = label !== 'container' && label !== 'workload';
      return isHost ? { ...clue(fact), value: hostOf(fact.value), isHost: true } : clue(fact);
    }
    return null;
  }

  /** Where the service is; null for machines and what is probed, whose labels tell where the exporter is. */
  namespace(): string | null {
    if (this.isOfHostOrProbe) return null;
    return this.place([...CALLED_NAMESPACE_LABELS, ...NAMESPACE_LABELS], isNamespace);
  }

  cluster(): string | null {
    return this.place(['destination_cluster', ...CLUSTER_LABELS], () => true);
  }

  /** Whom a page's or a service's address is scraped as, a prober called: whoever is scraped itself has no scheme. */
  private kindOfInstance(): ExporterKind | null {
    return /^https?:\/\//i.test(this.facts.get('instance')?.value ?? '') ? 'probe' : null;
  }

  private has(label: string): boolean {
    return this.facts.has(label);
  }

  private add(label: string, text: string): void {
    const value = text.slice(0, MAX_VALUE_CHARACTERS).replace(/\s+/g, ' ').trim();
    if (NOBODY.test(value)) return;
    const plain = plainLabel(label);
    const isOverwritten = plain.startsWith('exported_');
    const own = isOverwritten ? plain.slice('exported_'.length) : plain;
    const name = SPELLINGS.get(own) ?? own;
    const known = this.facts.get(name);
    // What a scrape renamed goes before its own label, a label's first spelling before another.
    const isBetter =
      !known || (isOverwritten && !known.isOverwritten) || (own === name && !known.isOverwritten);
    if (isBetter) this.facts.set(name, { value, label, isOverwritten });
  }

  /** Whether a label for services only tells where an exporter was scraped. */
  private isOfScrape({ label, value, isOverwritten }: Fact): boolean {
    if (isOverwritten) return false;
    const plain = plainLabel(label);
    if (!(SCRAPE_LABELS as readonly string[]).includes(plain)) return false;
    if (plain !== 'service' || exporterKind(value) !== null) return true;
    // Rules, probes and backends have a service of their own. The Prometheus operator gives every target one like its
    // job.
    const job = this.facts.get('job')?.value ?? '';
    return this.has('endpoint') && (value.includes(job) || job.includes(value));
  }

  private read(labels: readonly ObjectLabel[]): Clue | null {
    for (const { label, read } of labels) {
      const fact = this.facts.get(label);
      if (fact) return { ...clue(fact), value: read(fact.value) };
    }
    return null;
  }

  /** The workload of the pod, unless it is the exporter's own pod. */
  private pod(): Clue | null {
    const found = this.read(POD_LABELS);
    return found && this.isOfExporter && exporterKind(found.value) !== null ? null : found;
  }

  private host(labels: readonly string[]): Clue | null {
    for (const label of labels) {
      const fact = this.facts.get(label);
      const host = fact && hostOf(fact.value);
      if (host) return { ...clue(fact), value: host, isHost: true, isElsewhere: true };
    }
    return null;
  }

  private address(labels: readonly string[]): Clue | null {
    const facts = labels.flatMap((label) => this.facts.get(label) ?? []);
    const fact = facts.find(({ value }) => exporterKind(value) === null);
    return fact ? { ...clue(fact), isElsewhere: true } : null;
  }

  /** Whom an exporter for many targets asked; an IP address is its own. */
  private asked(): Clue | null {
    const found = this.address(['target', 'server', 'addr', 'instance']);
    const host = found && hostOf(found.value);
    return host && host !== 'localhost' && !isIpAddress(host) ? found : null;
  }

  private place(labels: readonly string[], isValid: (value: string) => boolean): string | null {
    const values = labels.flatMap((label) => this.facts.get(label)?.value ?? []);
    return values.find(isValid) ?? null;
  }
}

function clue({ value, label }: Fact): Clue {
  return { value, label, written: value };
}

function plainLabel(label: string): string {
  return label.replaceAll('.', '_');
}
