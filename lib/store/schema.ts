/**
 * The schema of the state database, newest version last. A new version is a new entry; never change an old
 * one.
 *
 * networks   the wanted state of each network (NetworkSpec as JSON). `ready` 0: being created, 1: created,
 *            2: being removed. `medium` 1: its IFB device should exist
 * endpoints  the same for endpoints, and their slots on the network. `joined` 0: created, but Join has not
 *            asked for it yet. `ports`: the ports published now (PublishedPort[] as JSON)
 * pools      subnets that the IPAM driver has assigned. `cursor`: the next address never assigned, as a
 *            number in decimal text
 * engine     the id of the engine whose networks these are
 * network_names, endpoint_names
 *            that engine's names for them, as last reported. `known` 0: not in its list of networks.
 *            `labels`: the container's, as JSON
 * overrides  users' changes to options of attachments, by the container's name (Override as JSON)
 * specs      the version of the specs of networks and endpoints; see patches/
 * addresses  an address in use (`released` null) or free again (`released`: when, as a count of releases
 *            in its pool)
 */
export const SCHEMA: readonly string[] = [
  `
  CREATE TABLE networks (
    id      TEXT PRIMARY KEY,
    spec    TEXT NOT NULL,
    ready   INTEGER NOT NULL DEFAULT 0,
    medium  INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE endpoints (
    id      TEXT PRIMARY KEY,
    network TEXT NOT NULL REFERENCES networks (id),
    slot    INTEGER NOT NULL,
    spec    TEXT NOT NULL,
    ready   INTEGER NOT NULL DEFAULT 0,
    joined  INTEGER NOT NULL DEFAULT 0,
    made    INTEGER NOT NULL,
    UNIQUE (network, slot)
  ) STRICT;

  CREATE TABLE pools (
    key     INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    space   TEXT NOT NULL,
    subnet  TEXT NOT NULL,
    range   TEXT NOT NULL,
    cursor  TEXT NOT NULL,
    clock   INTEGER NOT NULL DEFAULT 0,
    made    INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE addresses (
    pool     INTEGER NOT NULL REFERENCES pools (key) ON DELETE CASCADE,
    address  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    released INTEGER,
    made     INTEGER NOT NULL,
    PRIMARY KEY (pool, address)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX resting ON addresses (pool, released) WHERE released IS NOT NULL;
  `,
  'ALTER TABLE endpoints ADD COLUMN ports TEXT',
  `
  CREATE TABLE engine (id TEXT NOT NULL) STRICT;

  CREATE TABLE network_names (
    network TEXT PRIMARY KEY REFERENCES networks (id) ON DELETE CASCADE,
    name    TEXT,
    known   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE endpoint_names (
    endpoint  TEXT PRIMARY KEY REFERENCES endpoints (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    container TEXT,
    image     TEXT,
    labels    TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE overrides (
    network TEXT NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    options TEXT NOT NULL,
    PRIMARY KEY (network, name)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE specs (version INTEGER NOT NULL) STRICT;
  INSERT INTO specs (version) VALUES (1);
  `,
]
