#include "engine/base/kill_point.h"

namespace shale {
namespace {

constexpr const char* kNames[] = {
    // The log: one commit, and from file to file.
    "log.append",
    "log.sync",
    "log.mark",
    "log.finish",
    "log.create",
    "log.continue",
    "log.remove",
    // The catalog: one commit, and writing it anew.
    "catalog.append",
    "catalog.sync",
    "catalog.applied",
    "catalog.rewrite",
    "catalog.rename",
    "catalog.renamed",
    // Segment files.
    "segment.create",
    "segment.sync",
    "segment.synced",
    "segment.remove",
    // Jobs: seal, compact, and the commit that both end with.
    "seal.begin",
    "seal.built",
    "compact.begin",
    "compact.built",
    "replace.synced",
    "replace.commit",
    "replace.committed",
    // Bulk loads, inserts, deletes, transactions.
    "bulk.built",
    "bulk.commit",
    "insert.logged",
    "delete.logged",
    "batch.logged",
    // Definitions.
    "create.table",
    "drop.table",
    "drop.committed",
    "truncate.table",
    "truncate.committed",
    "alter.table",
    // Making a database, recovery, the orderly close.
    "database.create",
    "database.log",
    "recovery.catalog",
    "recovery.segments",
    "recovery.log",
    "recovery.orphan",
    "recovery.done",
    "close.log",
    "close.catalog",
};

}  // namespace

void SetKillPointHook(KillPointHook hook) { kill_point_internal::hook.store(hook); }

std::span<const char* const> KillPointNames() { return kNames; }

}  // namespace shale
