/** Stands in a bundle for the search of other endpoints, which no command that we send makes use of. */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;
