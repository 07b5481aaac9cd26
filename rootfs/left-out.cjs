// Stands in, when programs are bundled, for what dockerode needs to build images and to reach engines by SSH: packages
// that make two thirds of a bundle and that Sluice never calls.
exports.Client = class {
  constructor() {
    throw new Error('cannot reach the engine by ssh://: wanted unix://, tcp:// or http:// in DOCKER_HOST')
  }
}
