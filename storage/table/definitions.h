// Checks of table definitions and the catalog edits that make, change and drop tables and views.
#pragma once

#include <string>

#include "storage/table/store_core.h"

namespace shale {

// Numbers the columns by place and checks the definition; every field but table_id is final then.
Status SettleDefinition(TableSchema* schema);
StatusOr<TableSchemaPtr> CreateTable(StoreCore* core, TableSchema schema);
Status DropTable(StoreCore* core, TableId table);
Status TruncateTable(StoreCore* core, TableId table);
StatusOr<TableSchemaPtr> AlterTable(StoreCore* core, const TableSchema& schema);
Status CreateView(StoreCore* core, ViewSchema view, bool or_replace);
Status DropView(StoreCore* core, const std::string& name);
Status SaveRole(StoreCore* core, const std::string& name, const std::string& verifier,
                bool must_exist);
Status RemoveRole(StoreCore* core, const std::string& name);

}  // namespace shale
