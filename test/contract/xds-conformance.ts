import assert, { AssertionError } from 'node:assert/strict';
import type { Mode, Patience } from '../support/xds/stream.ts';
import { answerRules } from './xds/answer-rules.ts';
import { deltaRules } from './xds/delta-rules.ts';
import { orderRules } from './xds/order-rules.ts';
import { Trial, type Rule, type XdsSubject } from './xds/rule.ts';
import { sotwRules } from './xds/sotw-rules.ts';
import { streamRules } from './xds/stream-rules.ts';

/** The rules of the xDS transport protocol (https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol), and what gRPC's clients add. */
const rules: readonly Rule[] = [...streamRules, ...answerRules, ...sotwRules, ...deltaRules, ...orderRules];

const modes: readonly Mode[] = [
  { protocol: 'sotw', service: 'ads' },
  { protocol: 'sotw', service: 'own' },
  { protocol: 'delta', service: 'ads' },
  { protocol: 'delta', service: 'own' },
];

/** A good server answers a loaded machine, too; it has had time to say what it must not before the next request comes. */
const patient: Patience = { answerMs: 3000, quietMs: 120 };
/** The other way round, for what is known to go wrong: an answer that does not come costs little, and one that must not come is waited for. */
const impatient: Patience = { answerMs: 300, quietMs: 1500 };

/** What a subject is known to get wrong: rule name, to the modes (`sotw ads`, ...) in which it does, or `all` where the rule holds. */
export type KnownFaults = Readonly<Record<string, 'all' | readonly string[]>>;

/**
 * One test a rule and mode. A known fault is asserted to be one: the suite can fail, and it tells when the fault is gone. The subject serves
 * nothing when it is made, and has not been told anything; one is made for all tests but those that need it so.
 */
export function xdsConformance(
  name: string,
  make: () => Promise<XdsSubject>,
  faults: KnownFaults = {},
): void {
  describe(`the rules of xDS: ${name}`, function () {
    this.timeout(20_000);
    let subject: XdsSubject | undefined;
    before(async () => {
      subject = await make();
      await subject.apply([]);
    });
    after(() => subject?.close());

    it('is not said to break a rule that there is not', () => {
      const names = rules.map((rule) => rule.name);
      assert.deepEqual(
        Object.keys(faults).filter((fault) => !names.includes(fault)),
        [],
      );
    });

    for (const mode of modes) {
      describe(title(mode), () => {
        for (const rule of rules.filter((one) => holds(one, mode))) {
          const faulty = isKnown(faults, rule, mode);
          const run = async (patience: Patience): Promise<void> => {
            if (rule.before !== 'ready') {
              assert.ok(subject);
              await judge(rule, new Trial(subject, mode, patience));
              return;
            }
            const unready = await make();
            await judge(rule, new Trial(unready, mode, patience)).finally(() => unready.close());
          };
          if (!faulty) it(rule.name, () => run(patient));
          else it(`known fault, not: ${rule.name}`, () => assert.rejects(run(impatient), AssertionError));
        }
      });
    }
  });
}

async function judge(rule: Rule, trial: Trial): Promise<void> {
  try {
    await rule.run(trial);
  } finally {
    await trial.end();
  }
}

const title = ({ protocol, service }: Mode): string => `${protocol} ${service}`;

function holds({ protocol, service }: Rule, mode: Mode): boolean {
  return (protocol ?? mode.protocol) === mode.protocol && (service ?? mode.service) === mode.service;
}

function isKnown(faults: KnownFaults, { name }: Rule, mode: Mode): boolean {
  const known = faults[name];
  return known === 'all' || known?.includes(title(mode)) === true;
}
