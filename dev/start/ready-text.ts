import type { LocalCloud } from '../../packages/local-cloud/src/local-cloud-options.js';
import type { Sample } from './make-sample.js';

export interface ReadyFacts {
  readonly cloud: LocalCloud;
  /** For the sample user, scope cpm/sync. */
  readonly token: string;
  readonly sample: Sample | undefined;
  readonly dataDir: string | undefined;
  readonly logFile: string;
  readonly tookMs: number;
}

/** For programs: one object. */
export const readyJson = ({ cloud, token, sample, logFile }: ReadyFacts) => ({
  url: cloud.url,
  socketUrl: cloud.socketUrl,
  issuer: cloud.issuer,
  token,
  user: sample?.user,
  pid: process.pid,
  dynamodbEndpoint: cloud.dynamodbEndpoint,
  servicesUrl: cloud.servicesUrl,
  tables: cloud.tables,
  outputs: cloud.outputs,
  logFile,
});

/** For people. */
export function readyText({ cloud, token, sample, dataDir, logFile, tookMs }: ReadyFacts): string {
  const lines = [
    `Ready after ${(tookMs / 1000).toFixed(1)} s.`,
    '',
    `Demo page      ${cloud.url}/`,
    `HTTP API       ${cloud.url}`,
    `WebSocket API  ${cloud.socketUrl}`,
    `Data           ${dataDir ?? 'in memory (--data DIR keeps it)'}`,
    `Function logs  ${logFile}`,
  ];
  if (sample) {
    const devices = Object.keys(sample.instanceIds).join(' and ');
    const contents = `${sample.conversations} conversations, ${sample.messages} messages`;
    lines.push(
      `Sample         user ${sample.user}, devices ${devices}, ${contents}`,
      '',
      'A token for the sample user (cpm/sync, for an hour; POST /dev/token gives others):',
      token,
      '',
      'Try the initial synchronization of the phone:',
      curlLine(cloud.url, token, sample),
    );
  }
  lines.push('', 'Ctrl-C stops it.');
  return lines.join('\n');
}

function curlLine(url: string, token: string, { instanceIds }: Sample): string {
  const body = JSON.stringify({ deviceId: 'phone', instanceId: instanceIds.phone });
  return `curl -s ${url}/v1/sync -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${body}'`;
}
