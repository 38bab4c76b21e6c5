/** The port of every instance. */
export const port = 50051;

/** One server: a row for ours, a pod for the peer. */
export interface Member {
  readonly service: string;
  readonly name: string;
  readonly address: string;
}

/** Names `svc-0000`, `svc-0001`, ... */
export function serviceNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `svc-${String(index).padStart(4, '0')}`);
}

/** The `number`th server of all; its address is its own, in 10.128.0.0/9. */
export function member(service: string, number: number): Member {
  const address = [10, 128 + (number >> 16), (number >> 8) & 255, number & 255].join('.');
  return { service, name: `${service}-${String(number).padStart(6, '0')}`, address };
}

/** So many servers, spread evenly over so many services. */
export function fleet(members: number, services: number): Member[] {
  const names = serviceNames(services);
  return Array.from({ length: members }, (_, number) =>
    member(names[Math.floor((number * services) / members)] ?? '', number),
  );
}
