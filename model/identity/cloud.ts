/*
 * Clouds name things by ids that hold much more than the name: accounts, regions, kinds and random parts.
 */

/** Names inside Amazon's load balancers and target groups: `app/shop/50dc6c495c0c9188`, `targetgroup/payment/73e2`. */
const LOAD_BALANCER = /^(?:loadbalancer\/)?(?:app|net|gwy|targetgroup)\/([^/]+)\/[0-9a-f]+$/;

/**
 * The name inside the id of a cloud: an Amazon ARN, Azure's resource id, a resource of Google Cloud, a load balancer's
 * dimension. Null for a text that is none of these.
 */
export function nameInCloudId(id: string): string | null {
  const balancer = LOAD_BALANCER.exec(id);
  if (balancer) return balancer[1]!;
  if (/^arn:[a-z-]+:/.test(id)) return nameInArn(id);
  if (/^\/subscriptions\/[^/]+\//i.test(id)) return last(id.replace(/\/+$/, '').split('/'));
  if (/^(\/\/[a-z0-9-]+\.googleapis\.com\/)?projects\/[^/]+\/.+/.test(id)) return last(id.split('/'));
  return null;
}

/** The resource is the sixth part; its kind stands before a slash or colon, and what is made of it behind one. */
function nameInArn(arn: string): string | null {
  const [, , service, , , ...rest] = arn.split(':');
  const resource = rest.join(':');
  if (resource === '') return null;
  const balancer = LOAD_BALANCER.exec(resource);
  if (balancer) return balancer[1]!;
  switch (service) {
    case 'lambda':
    case 'states':
    case 'rds':
    case 'elasticache':
    case 'secretsmanager':
    case 'logs':
      // function:checkout:PROD, db:orders, log-group:/aws/lambda/checkout
      return last((rest[1] ?? resource).split('/'));
    case 's3':
      return resource.split('/')[0]!;
    case 'dynamodb':
    case 'kinesis':
    case 'eks':
    case 'cloudfront':
      return resource.split('/')[1] ?? resource;
    case 'kafka':
      // cluster/orders/<uuid>
      return resource.split('/')[1] ?? resource;
    case 'apigateway':
      return last(resource.split('/'));
    case undefined:
    default:
      return last(resource.split(/[/:]/));
  }
}

/** Dimensions that name what others call the service, the most telling first; letter case and hyphens do not count. */
const DIMENSIONS = [
  'servicename',
  'functionname',
  'apiname',
  'dbinstanceidentifier',
  'dbclusteridentifier',
  'cacheclusterid',
  'replicationgroupid',
  'tablename',
  'queuename',
  'topicname',
  'streamname',
  'targetgroup',
  'loadbalancer',
  'loadbalancername',
  'autoscalinggroupname',
  'instanceid',
];

/**
 * The label by which a cloud's exporter names a resource: `dimension_FunctionName`, `function_name`, `load_balancer`.
 * Undefined when there is none.
 */
export function cloudLabelIn(labels: readonly string[]): string | undefined {
  const byPlain = new Map(
    labels.map((label) => [
      label
        .replace(/^dimension_/, '')
        .replace(/[_.]/g, '')
        .toLowerCase(),
      label,
    ]),
  );
  return DIMENSIONS.map((dimension) => byPlain.get(dimension)).find((label) => label !== undefined);
}

function last(parts: readonly string[]): string | null {
  return parts.findLast((part) => part !== '') ?? null;
}
