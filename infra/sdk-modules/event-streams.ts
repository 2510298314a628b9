/** Replaces the SDK's event streams. No service that we call sends one. */
const unused = () => {
  throw new Error('Event streams are not in this bundle: see infra/bundle.ts');
};
export const EventStreamSerde = unused;
export const eventStreamSerdeProvider = unused;
