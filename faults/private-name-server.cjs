// Given to Node before the program: its resolvers ask the name server of the row, not that of the machine.

const dns = require('node:dns/promises');
const { env } = require('node:process');

const server = env.FAULTS_NAME_SERVER;

dns.Resolver = class extends dns.Resolver {
  constructor(options) {
    super(options);
    this.setServers([server]);
  }
};
