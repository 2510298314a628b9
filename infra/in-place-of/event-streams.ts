/** Stands in a bundle for streams of events, which none of the services that we call sends. */
const unused = () => {
  throw new Error('streams of events are not in this bundle: see infra/bundle.ts');
};
export const EventStreamSerde = unused;
export const eventStreamSerdeProvider = unused;
