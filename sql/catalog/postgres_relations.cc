// PostgreSQL 15's own catalogs: what each is called, its id, its kind, its columns.
// Written by tests/sql/record_relations.py from a running server; catalog_relations.h reads it.
#include "sql/catalog/catalog_relations.h"

namespace shale {

// A column is NAME=LETTER: o oid, s smallint, i integer, l bigint, b boolean, r real, d double,
// z timestamptz, v interval, n inet, y bytea, t text; a capital is an array of it; ! says NOT NULL.
const PostgresRelation kPostgresRelations[] = {
    {"information_schema._pg_foreign_data_wrappers", 13507, 'v',
     "oid=o fdwowner=o fdwoptions=T foreign_data_wrapper_catalog=t foreign_data_wrapper_name=t "
     "authorization_identifier=t foreign_data_wrapper_language=t"},
    {"information_schema._pg_foreign_servers", 13519, 'v',
     "oid=o srvoptions=T foreign_server_catalog=t foreign_server_name=t "
     "foreign_data_wrapper_catalog=t foreign_data_wrapper_name=t foreign_server_type=t "
     "foreign_server_version=t authorization_identifier=t"},
    {"information_schema._pg_foreign_table_columns", 13498, 'v',
     "nspname=t relname=t attname=t attfdwoptions=T"},
    {"information_schema._pg_foreign_tables", 13532, 'v',
     "foreign_table_catalog=t foreign_table_schema=t foreign_table_name=t ftoptions=T "
     "foreign_server_catalog=t foreign_server_name=t authorization_identifier=t"},
    {"information_schema._pg_user_mappings", 13545, 'v',
     "oid=o umoptions=T umuser=o authorization_identifier=t foreign_server_catalog=t "
     "foreign_server_name=t srvowner=t"},
    {"information_schema.administrable_role_authorizations", 13241, 'v',
     "grantee=t role_name=t is_grantable=t"},
    {"information_schema.applicable_roles", 13236, 'v',
     "grantee=t role_name=t is_grantable=t"},
    {"information_schema.attributes", 13245, 'v',
     "udt_catalog=t udt_schema=t udt_name=t attribute_name=t ordinal_position=i "
     "attribute_default=t is_nullable=t data_type=t character_maximum_length=i "
     "character_octet_length=i character_set_catalog=t character_set_schema=t "
     "character_set_name=t collation_catalog=t collation_schema=t collation_name=t "
     "numeric_precision=i numeric_precision_radix=i numeric_scale=i datetime_precision=i "
     "interval_type=t interval_precision=i attribute_udt_catalog=t attribute_udt_schema=t "
     "attribute_udt_name=t scope_catalog=t scope_schema=t scope_name=t maximum_cardinality=i "
     "dtd_identifier=t is_derived_reference_attribute=t"},
    {"information_schema.character_sets", 13250, 'v',
     "character_set_catalog=t character_set_schema=t character_set_name=t "
     "character_repertoire=t form_of_use=t default_collate_catalog=t default_collate_schema=t "
     "default_collate_name=t"},
    {"information_schema.check_constraint_routine_usage", 13255, 'v',
     "constraint_catalog=t constraint_schema=t constraint_name=t specific_catalog=t "
     "specific_schema=t specific_name=t"},
    {"information_schema.check_constraints", 13260, 'v',
     "constraint_catalog=t constraint_schema=t constraint_name=t check_clause=t"},
    {"information_schema.collation_character_set_applicability", 13270, 'v',
     "collation_catalog=t collation_schema=t collation_name=t character_set_catalog=t "
     "character_set_schema=t character_set_name=t"},
    {"information_schema.collations", 13265, 'v',
     "collation_catalog=t collation_schema=t collation_name=t pad_attribute=t"},
    {"information_schema.column_column_usage", 13275, 'v',
     "table_catalog=t table_schema=t table_name=t column_name=t dependent_column=t"},
    {"information_schema.column_domain_usage", 13280, 'v',
     "domain_catalog=t domain_schema=t domain_name=t table_catalog=t table_schema=t "
     "table_name=t column_name=t"},
    {"information_schema.column_options", 13503, 'v',
     "table_catalog=t table_schema=t table_name=t column_name=t option_name=t option_value=t"},
    {"information_schema.column_privileges", 13285, 'v',
     "grantor=t grantee=t table_catalog=t table_schema=t table_name=t column_name=t "
     "privilege_type=t is_grantable=t"},
    {"information_schema.column_udt_usage", 13290, 'v',
     "udt_catalog=t udt_schema=t udt_name=t table_catalog=t table_schema=t table_name=t "
     "column_name=t"},
    {"information_schema.columns", 13295, 'v',
     "table_catalog=t table_schema=t table_name=t column_name=t ordinal_position=i "
     "column_default=t is_nullable=t data_type=t character_maximum_length=i "
     "character_octet_length=i numeric_precision=i numeric_precision_radix=i numeric_scale=i "
     "datetime_precision=i interval_type=t interval_precision=i character_set_catalog=t "
     "character_set_schema=t character_set_name=t collation_catalog=t collation_schema=t "
     "collation_name=t domain_catalog=t domain_schema=t domain_name=t udt_catalog=t "
     "udt_schema=t udt_name=t scope_catalog=t scope_schema=t scope_name=t maximum_cardinality=i "
     "dtd_identifier=t is_self_referencing=t is_identity=t identity_generation=t "
     "identity_start=t identity_increment=t identity_maximum=t identity_minimum=t "
     "identity_cycle=t is_generated=t generation_expression=t is_updatable=t"},
    {"information_schema.constraint_column_usage", 13300, 'v',
     "table_catalog=t table_schema=t table_name=t column_name=t constraint_catalog=t "
     "constraint_schema=t constraint_name=t"},
    {"information_schema.constraint_table_usage", 13305, 'v',
     "table_catalog=t table_schema=t table_name=t constraint_catalog=t constraint_schema=t "
     "constraint_name=t"},
    {"information_schema.data_type_privileges", 13488, 'v',
     "object_catalog=t object_schema=t object_name=t object_type=t dtd_identifier=t"},
    {"information_schema.domain_constraints", 13310, 'v',
     "constraint_catalog=t constraint_schema=t constraint_name=t domain_catalog=t "
     "domain_schema=t domain_name=t is_deferrable=t initially_deferred=t"},
    {"information_schema.domain_udt_usage", 13315, 'v',
     "udt_catalog=t udt_schema=t udt_name=t domain_catalog=t domain_schema=t domain_name=t"},
    {"information_schema.domains", 13320, 'v',
     "domain_catalog=t domain_schema=t domain_name=t data_type=t character_maximum_length=i "
     "character_octet_length=i character_set_catalog=t character_set_schema=t "
     "character_set_name=t collation_catalog=t collation_schema=t collation_name=t "
     "numeric_precision=i numeric_precision_radix=i numeric_scale=i datetime_precision=i "
     "interval_type=t interval_precision=i domain_default=t udt_catalog=t udt_schema=t "
     "udt_name=t scope_catalog=t scope_schema=t scope_name=t maximum_cardinality=i "
     "dtd_identifier=t"},
    {"information_schema.element_types", 13493, 'v',
     "object_catalog=t object_schema=t object_name=t object_type=t collection_type_identifier=t "
     "data_type=t character_maximum_length=i character_octet_length=i character_set_catalog=t "
     "character_set_schema=t character_set_name=t collation_catalog=t collation_schema=t "
     "collation_name=t numeric_precision=i numeric_precision_radix=i numeric_scale=i "
     "datetime_precision=i interval_type=t interval_precision=i domain_default=t udt_catalog=t "
     "udt_schema=t udt_name=t scope_catalog=t scope_schema=t scope_name=t maximum_cardinality=i "
     "dtd_identifier=t"},
    {"information_schema.enabled_roles", 13325, 'v',
     "role_name=t"},
    {"information_schema.foreign_data_wrapper_options", 13511, 'v',
     "foreign_data_wrapper_catalog=t foreign_data_wrapper_name=t option_name=t option_value=t"},
    {"information_schema.foreign_data_wrappers", 13515, 'v',
     "foreign_data_wrapper_catalog=t foreign_data_wrapper_name=t authorization_identifier=t "
     "library_name=t foreign_data_wrapper_language=t"},
    {"information_schema.foreign_server_options", 13524, 'v',
     "foreign_server_catalog=t foreign_server_name=t option_name=t option_value=t"},
    {"information_schema.foreign_servers", 13528, 'v',
     "foreign_server_catalog=t foreign_server_name=t foreign_data_wrapper_catalog=t "
     "foreign_data_wrapper_name=t foreign_server_type=t foreign_server_version=t "
     "authorization_identifier=t"},
    {"information_schema.foreign_table_options", 13537, 'v',
     "foreign_table_catalog=t foreign_table_schema=t foreign_table_name=t option_name=t "
     "option_value=t"},
    {"information_schema.foreign_tables", 13541, 'v',
     "foreign_table_catalog=t foreign_table_schema=t foreign_table_name=t "
     "foreign_server_catalog=t foreign_server_name=t"},
    {"information_schema.information_schema_catalog_name", 13227, 'v',
     "catalog_name=t"},
    {"information_schema.key_column_usage", 13329, 'v',
     "constraint_catalog=t constraint_schema=t constraint_name=t table_catalog=t table_schema=t "
     "table_name=t column_name=t ordinal_position=i position_in_unique_constraint=i"},
    {"information_schema.parameters", 13334, 'v',
     "specific_catalog=t specific_schema=t specific_name=t ordinal_position=i parameter_mode=t "
     "is_result=t as_locator=t parameter_name=t data_type=t character_maximum_length=i "
     "character_octet_length=i character_set_catalog=t character_set_schema=t "
     "character_set_name=t collation_catalog=t collation_schema=t collation_name=t "
     "numeric_precision=i numeric_precision_radix=i numeric_scale=i datetime_precision=i "
     "interval_type=t interval_precision=i udt_catalog=t udt_schema=t udt_name=t "
     "scope_catalog=t scope_schema=t scope_name=t maximum_cardinality=i dtd_identifier=t "
     "parameter_default=t"},
    {"information_schema.referential_constraints", 13339, 'v',
     "constraint_catalog=t constraint_schema=t constraint_name=t unique_constraint_catalog=t "
     "unique_constraint_schema=t unique_constraint_name=t match_option=t update_rule=t "
     "delete_rule=t"},
    {"information_schema.role_column_grants", 13344, 'v',
     "grantor=t grantee=t table_catalog=t table_schema=t table_name=t column_name=t "
     "privilege_type=t is_grantable=t"},
    {"information_schema.role_routine_grants", 13358, 'v',
     "grantor=t grantee=t specific_catalog=t specific_schema=t specific_name=t "
     "routine_catalog=t routine_schema=t routine_name=t privilege_type=t is_grantable=t"},
    {"information_schema.role_table_grants", 13421, 'v',
     "grantor=t grantee=t table_catalog=t table_schema=t table_name=t privilege_type=t "
     "is_grantable=t with_hierarchy=t"},
    {"information_schema.role_udt_grants", 13450, 'v',
     "grantor=t grantee=t udt_catalog=t udt_schema=t udt_name=t privilege_type=t is_grantable=t"},
    {"information_schema.role_usage_grants", 13459, 'v',
     "grantor=t grantee=t object_catalog=t object_schema=t object_name=t object_type=t "
     "privilege_type=t is_grantable=t"},
    {"information_schema.routine_column_usage", 13348, 'v',
     "specific_catalog=t specific_schema=t specific_name=t routine_catalog=t routine_schema=t "
     "routine_name=t table_catalog=t table_schema=t table_name=t column_name=t"},
    {"information_schema.routine_privileges", 13353, 'v',
     "grantor=t grantee=t specific_catalog=t specific_schema=t specific_name=t "
     "routine_catalog=t routine_schema=t routine_name=t privilege_type=t is_grantable=t"},
    {"information_schema.routine_routine_usage", 13362, 'v',
     "specific_catalog=t specific_schema=t specific_name=t routine_catalog=t routine_schema=t "
     "routine_name=t"},
    {"information_schema.routine_sequence_usage", 13367, 'v',
     "specific_catalog=t specific_schema=t specific_name=t routine_catalog=t routine_schema=t "
     "routine_name=t sequence_catalog=t sequence_schema=t sequence_name=t"},
    {"information_schema.routine_table_usage", 13372, 'v',
     "specific_catalog=t specific_schema=t specific_name=t routine_catalog=t routine_schema=t "
     "routine_name=t table_catalog=t table_schema=t table_name=t"},
    {"information_schema.routines", 13377, 'v',
     "specific_catalog=t specific_schema=t specific_name=t routine_catalog=t routine_schema=t "
     "routine_name=t routine_type=t module_catalog=t module_schema=t module_name=t "
     "udt_catalog=t udt_schema=t udt_name=t data_type=t character_maximum_length=i "
     "character_octet_length=i character_set_catalog=t character_set_schema=t "
     "character_set_name=t collation_catalog=t collation_schema=t collation_name=t "
     "numeric_precision=i numeric_precision_radix=i numeric_scale=i datetime_precision=i "
     "interval_type=t interval_precision=i type_udt_catalog=t type_udt_schema=t type_udt_name=t "
     "scope_catalog=t scope_schema=t scope_name=t maximum_cardinality=i dtd_identifier=t "
     "routine_body=t routine_definition=t external_name=t external_language=t parameter_style=t "
     "is_deterministic=t sql_data_access=t is_null_call=t sql_path=t schema_level_routine=t "
     "max_dynamic_result_sets=i is_user_defined_cast=t is_implicitly_invocable=t "
     "security_type=t to_sql_specific_catalog=t to_sql_specific_schema=t to_sql_specific_name=t "
     "as_locator=t created=z last_altered=z new_savepoint_level=t is_udt_dependent=t "
     "result_cast_from_data_type=t result_cast_as_locator=t result_cast_char_max_length=i "
     "result_cast_char_octet_length=i result_cast_char_set_catalog=t "
     "result_cast_char_set_schema=t result_cast_char_set_name=t result_cast_collation_catalog=t "
     "result_cast_collation_schema=t result_cast_collation_name=t "
     "result_cast_numeric_precision=i result_cast_numeric_precision_radix=i "
     "result_cast_numeric_scale=i result_cast_datetime_precision=i result_cast_interval_type=t "
     "result_cast_interval_precision=i result_cast_type_udt_catalog=t "
     "result_cast_type_udt_schema=t result_cast_type_udt_name=t result_cast_scope_catalog=t "
     "result_cast_scope_schema=t result_cast_scope_name=t result_cast_maximum_cardinality=i "
     "result_cast_dtd_identifier=t"},
    {"information_schema.schemata", 13382, 'v',
     "catalog_name=t schema_name=t schema_owner=t default_character_set_catalog=t "
     "default_character_set_schema=t default_character_set_name=t sql_path=t"},
    {"information_schema.sequences", 13386, 'v',
     "sequence_catalog=t sequence_schema=t sequence_name=t data_type=t numeric_precision=i "
     "numeric_precision_radix=i numeric_scale=i start_value=t minimum_value=t maximum_value=t "
     "increment=t cycle_option=t"},
    {"information_schema.sql_features", 13391, 'r',
     "feature_id=t feature_name=t sub_feature_id=t sub_feature_name=t is_supported=t "
     "is_verified_by=t comments=t"},
    {"information_schema.sql_implementation_info", 13396, 'r',
     "implementation_info_id=t implementation_info_name=t integer_value=i character_value=t "
     "comments=t"},
    {"information_schema.sql_parts", 13401, 'r',
     "feature_id=t feature_name=t is_supported=t is_verified_by=t comments=t"},
    {"information_schema.sql_sizing", 13406, 'r',
     "sizing_id=i sizing_name=t supported_value=i comments=t"},
    {"information_schema.table_constraints", 13411, 'v',
     "constraint_catalog=t constraint_schema=t constraint_name=t table_catalog=t table_schema=t "
     "table_name=t constraint_type=t is_deferrable=t initially_deferred=t enforced=t "
     "nulls_distinct=t"},
    {"information_schema.table_privileges", 13416, 'v',
     "grantor=t grantee=t table_catalog=t table_schema=t table_name=t privilege_type=t "
     "is_grantable=t with_hierarchy=t"},
    {"information_schema.tables", 13425, 'v',
     "table_catalog=t table_schema=t table_name=t table_type=t self_referencing_column_name=t "
     "reference_generation=t user_defined_type_catalog=t user_defined_type_schema=t "
     "user_defined_type_name=t is_insertable_into=t is_typed=t commit_action=t"},
    {"information_schema.transforms", 13430, 'v',
     "udt_catalog=t udt_schema=t udt_name=t specific_catalog=t specific_schema=t "
     "specific_name=t group_name=t transform_type=t"},
    {"information_schema.triggered_update_columns", 13435, 'v',
     "trigger_catalog=t trigger_schema=t trigger_name=t event_object_catalog=t "
     "event_object_schema=t event_object_table=t event_object_column=t"},
    {"information_schema.triggers", 13440, 'v',
     "trigger_catalog=t trigger_schema=t trigger_name=t event_manipulation=t "
     "event_object_catalog=t event_object_schema=t event_object_table=t action_order=i "
     "action_condition=t action_statement=t action_orientation=t action_timing=t "
     "action_reference_old_table=t action_reference_new_table=t action_reference_old_row=t "
     "action_reference_new_row=t created=z"},
    {"information_schema.udt_privileges", 13445, 'v',
     "grantor=t grantee=t udt_catalog=t udt_schema=t udt_name=t privilege_type=t is_grantable=t"},
    {"information_schema.usage_privileges", 13454, 'v',
     "grantor=t grantee=t object_catalog=t object_schema=t object_name=t object_type=t "
     "privilege_type=t is_grantable=t"},
    {"information_schema.user_defined_types", 13463, 'v',
     "user_defined_type_catalog=t user_defined_type_schema=t user_defined_type_name=t "
     "user_defined_type_category=t is_instantiable=t is_final=t ordering_form=t "
     "ordering_category=t ordering_routine_catalog=t ordering_routine_schema=t "
     "ordering_routine_name=t reference_type=t data_type=t character_maximum_length=i "
     "character_octet_length=i character_set_catalog=t character_set_schema=t "
     "character_set_name=t collation_catalog=t collation_schema=t collation_name=t "
     "numeric_precision=i numeric_precision_radix=i numeric_scale=i datetime_precision=i "
     "interval_type=t interval_precision=i source_dtd_identifier=t ref_dtd_identifier=t"},
    {"information_schema.user_mapping_options", 13550, 'v',
     "authorization_identifier=t foreign_server_catalog=t foreign_server_name=t option_name=t "
     "option_value=t"},
    {"information_schema.user_mappings", 13555, 'v',
     "authorization_identifier=t foreign_server_catalog=t foreign_server_name=t"},
    {"information_schema.view_column_usage", 13468, 'v',
     "view_catalog=t view_schema=t view_name=t table_catalog=t table_schema=t table_name=t "
     "column_name=t"},
    {"information_schema.view_routine_usage", 13473, 'v',
     "table_catalog=t table_schema=t table_name=t specific_catalog=t specific_schema=t "
     "specific_name=t"},
    {"information_schema.view_table_usage", 13478, 'v',
     "view_catalog=t view_schema=t view_name=t table_catalog=t table_schema=t table_name=t"},
    {"information_schema.views", 13483, 'v',
     "table_catalog=t table_schema=t table_name=t view_definition=t check_option=t "
     "is_updatable=t is_insertable_into=t is_trigger_updatable=t is_trigger_deletable=t "
     "is_trigger_insertable_into=t"},
    {"pg_aggregate", 2600, 'r',
     "aggfnoid=o! aggkind=t! aggnumdirectargs=s! aggtransfn=o! aggfinalfn=o! aggcombinefn=o! "
     "aggserialfn=o! aggdeserialfn=o! aggmtransfn=o! aggminvtransfn=o! aggmfinalfn=o! "
     "aggfinalextra=b! aggmfinalextra=b! aggfinalmodify=t! aggmfinalmodify=t! aggsortop=o! "
     "aggtranstype=o! aggtransspace=i! aggmtranstype=o! aggmtransspace=i! agginitval=t "
     "aggminitval=t"},
    {"pg_am", 2601, 'r',
     "oid=o! amname=t! amhandler=o! amtype=t!"},
    {"pg_amop", 2602, 'r',
     "oid=o! amopfamily=o! amoplefttype=o! amoprighttype=o! amopstrategy=s! amoppurpose=t! "
     "amopopr=o! amopmethod=o! amopsortfamily=o!"},
    {"pg_amproc", 2603, 'r',
     "oid=o! amprocfamily=o! amproclefttype=o! amprocrighttype=o! amprocnum=s! amproc=o!"},
    {"pg_attrdef", 2604, 'r',
     "oid=o! adrelid=o! adnum=s! adbin=t!"},
    {"pg_attribute", 1249, 'r',
     "attrelid=o! attname=t! atttypid=o! attstattarget=i! attlen=s! attnum=s! attndims=i! "
     "attcacheoff=i! atttypmod=i! attbyval=b! attalign=t! attstorage=t! attcompression=t! "
     "attnotnull=b! atthasdef=b! atthasmissing=b! attidentity=t! attgenerated=t! "
     "attisdropped=b! attislocal=b! attinhcount=i! attcollation=o! attacl=T attoptions=T "
     "attfdwoptions=T attmissingval=t"},
    {"pg_auth_members", 1261, 'r',
     "roleid=o! member=o! grantor=o! admin_option=b!"},
    {"pg_authid", 1260, 'r',
     "oid=o! rolname=t! rolsuper=b! rolinherit=b! rolcreaterole=b! rolcreatedb=b! "
     "rolcanlogin=b! rolreplication=b! rolbypassrls=b! rolconnlimit=i! rolpassword=t "
     "rolvaliduntil=z"},
    {"pg_available_extension_versions", 12085, 'v',
     "name=t version=t installed=b superuser=b trusted=b relocatable=b schema=t requires=T "
     "comment=t"},
    {"pg_available_extensions", 12081, 'v',
     "name=t default_version=t installed_version=t comment=t"},
    {"pg_backend_memory_contexts", 12138, 'v',
     "name=t ident=t parent=t level=i total_bytes=l total_nblocks=l free_bytes=l free_chunks=l "
     "used_bytes=l"},
    {"pg_cast", 2605, 'r',
     "oid=o! castsource=o! casttarget=o! castfunc=o! castcontext=t! castmethod=t!"},
    {"pg_class", 1259, 'r',
     "oid=o! relname=t! relnamespace=o! reltype=o! reloftype=o! relowner=o! relam=o! "
     "relfilenode=o! reltablespace=o! relpages=i! reltuples=r! relallvisible=i! "
     "reltoastrelid=o! relhasindex=b! relisshared=b! relpersistence=t! relkind=t! relnatts=s! "
     "relchecks=s! relhasrules=b! relhastriggers=b! relhassubclass=b! relrowsecurity=b! "
     "relforcerowsecurity=b! relispopulated=b! relreplident=t! relispartition=b! relrewrite=o! "
     "relfrozenxid=o! relminmxid=o! relacl=T reloptions=T relpartbound=t"},
    {"pg_collation", 3456, 'r',
     "oid=o! collname=t! collnamespace=o! collowner=o! collprovider=t! collisdeterministic=b! "
     "collencoding=i! collcollate=t collctype=t colliculocale=t collversion=t"},
    {"pg_config", 12130, 'v',
     "name=t setting=t"},
    {"pg_constraint", 2606, 'r',
     "oid=o! conname=t! connamespace=o! contype=t! condeferrable=b! condeferred=b! "
     "convalidated=b! conrelid=o! contypid=o! conindid=o! conparentid=o! confrelid=o! "
     "confupdtype=t! confdeltype=t! confmatchtype=t! conislocal=b! coninhcount=i! "
     "connoinherit=b! conkey=S confkey=S conpfeqop=O conppeqop=O conffeqop=O confdelsetcols=S "
     "conexclop=O conbin=t"},
    {"pg_conversion", 2607, 'r',
     "oid=o! conname=t! connamespace=o! conowner=o! conforencoding=i! contoencoding=i! "
     "conproc=o! condefault=b!"},
    {"pg_cursors", 12077, 'v',
     "name=t statement=t is_holdable=b is_binary=b is_scrollable=b creation_time=z"},
    {"pg_database", 1262, 'r',
     "oid=o! datname=t! datdba=o! encoding=i! datlocprovider=t! datistemplate=b! "
     "datallowconn=b! datconnlimit=i! datfrozenxid=o! datminmxid=o! dattablespace=o! "
     "datcollate=t! datctype=t! daticulocale=t datcollversion=t datacl=T"},
    {"pg_db_role_setting", 2964, 'r',
     "setdatabase=o! setrole=o! setconfig=T"},
    {"pg_default_acl", 826, 'r',
     "oid=o! defaclrole=o! defaclnamespace=o! defaclobjtype=t! defaclacl=T!"},
    {"pg_depend", 2608, 'r',
     "classid=o! objid=o! objsubid=i! refclassid=o! refobjid=o! refobjsubid=i! deptype=t!"},
    {"pg_description", 2609, 'r',
     "objoid=o! classoid=o! objsubid=i! description=t!"},
    {"pg_enum", 3501, 'r',
     "oid=o! enumtypid=o! enumsortorder=r! enumlabel=t!"},
    {"pg_event_trigger", 3466, 'r',
     "oid=o! evtname=t! evtevent=t! evtowner=o! evtfoid=o! evtenabled=t! evttags=T"},
    {"pg_extension", 3079, 'r',
     "oid=o! extname=t! extowner=o! extnamespace=o! extrelocatable=b! extversion=t! extconfig=O "
     "extcondition=T"},
    {"pg_file_settings", 12110, 'v',
     "sourcefile=t sourceline=i seqno=i name=t setting=t applied=b error=t"},
    {"pg_foreign_data_wrapper", 2328, 'r',
     "oid=o! fdwname=t! fdwowner=o! fdwhandler=o! fdwvalidator=o! fdwacl=T fdwoptions=T"},
    {"pg_foreign_server", 1417, 'r',
     "oid=o! srvname=t! srvowner=o! srvfdw=o! srvtype=t srvversion=t srvacl=T srvoptions=T"},
    {"pg_foreign_table", 3118, 'r',
     "ftrelid=o! ftserver=o! ftoptions=T"},
    {"pg_group", 12010, 'v',
     "groname=t grosysid=o grolist=O"},
    {"pg_hba_file_rules", 12114, 'v',
     "line_number=i type=t database=T user_name=T address=t netmask=t auth_method=t options=T "
     "error=t"},
    {"pg_ident_file_mappings", 12118, 'v',
     "line_number=i map_name=t sys_name=t pg_username=t error=t"},
    {"pg_index", 2610, 'r',
     "indexrelid=o! indrelid=o! indnatts=s! indnkeyatts=s! indisunique=b! "
     "indnullsnotdistinct=b! indisprimary=b! indisexclusion=b! indimmediate=b! "
     "indisclustered=b! indisvalid=b! indcheckxmin=b! indisready=b! indislive=b! "
     "indisreplident=b! indkey=S! indcollation=O! indclass=O! indoption=S! indexprs=t indpred=t"},
    {"pg_indexes", 12043, 'v',
     "schemaname=t tablename=t indexname=t tablespace=t indexdef=t"},
    {"pg_inherits", 2611, 'r',
     "inhrelid=o! inhparent=o! inhseqno=i! inhdetachpending=b!"},
    {"pg_init_privs", 3394, 'r',
     "objoid=o! classoid=o! objsubid=i! privtype=t! initprivs=T!"},
    {"pg_language", 2612, 'r',
     "oid=o! lanname=t! lanowner=o! lanispl=b! lanpltrusted=b! lanplcallfoid=o! laninline=o! "
     "lanvalidator=o! lanacl=T"},
    {"pg_largeobject", 2613, 'r',
     "loid=o! pageno=i! data=y!"},
    {"pg_largeobject_metadata", 2995, 'r',
     "oid=o! lomowner=o! lomacl=T"},
    {"pg_locks", 12073, 'v',
     "locktype=t database=o relation=o page=i tuple=s virtualxid=t transactionid=o classid=o "
     "objid=o objsubid=s virtualtransaction=t pid=i mode=t granted=b fastpath=b waitstart=z"},
    {"pg_matviews", 12038, 'v',
     "schemaname=t matviewname=t matviewowner=t tablespace=t hasindexes=b ispopulated=b "
     "definition=t"},
    {"pg_namespace", 2615, 'r',
     "oid=o! nspname=t! nspowner=o! nspacl=T"},
    {"pg_opclass", 2616, 'r',
     "oid=o! opcmethod=o! opcname=t! opcnamespace=o! opcowner=o! opcfamily=o! opcintype=o! "
     "opcdefault=b! opckeytype=o!"},
    {"pg_operator", 2617, 'r',
     "oid=o! oprname=t! oprnamespace=o! oprowner=o! oprkind=t! oprcanmerge=b! oprcanhash=b! "
     "oprleft=o! oprright=o! oprresult=o! oprcom=o! oprnegate=o! oprcode=o! oprrest=o! "
     "oprjoin=o!"},
    {"pg_opfamily", 2753, 'r',
     "oid=o! opfmethod=o! opfname=t! opfnamespace=o! opfowner=o!"},
    {"pg_parameter_acl", 6243, 'r',
     "oid=o! parname=t! paracl=T"},
    {"pg_partitioned_table", 3350, 'r',
     "partrelid=o! partstrat=t! partnatts=s! partdefid=o! partattrs=S! partclass=O! "
     "partcollation=O! partexprs=t"},
    {"pg_policies", 12018, 'v',
     "schemaname=t tablename=t policyname=t permissive=t roles=T cmd=t qual=t with_check=t"},
    {"pg_policy", 3256, 'r',
     "oid=o! polname=t! polrelid=o! polcmd=t! polpermissive=b! polroles=O! polqual=t "
     "polwithcheck=t"},
    {"pg_prepared_statements", 12095, 'v',
     "name=t statement=t prepare_time=z parameter_types=O from_sql=b generic_plans=l "
     "custom_plans=l"},
    {"pg_prepared_xacts", 12090, 'v',
     "transaction=o gid=t prepared=z owner=t database=t"},
    {"pg_proc", 1255, 'r',
     "oid=o! proname=t! pronamespace=o! proowner=o! prolang=o! procost=r! prorows=r! "
     "provariadic=o! prosupport=o! prokind=t! prosecdef=b! proleakproof=b! proisstrict=b! "
     "proretset=b! provolatile=t! proparallel=t! pronargs=s! pronargdefaults=s! prorettype=o! "
     "proargtypes=O! proallargtypes=O proargmodes=T proargnames=T proargdefaults=t "
     "protrftypes=O prosrc=t! probin=t prosqlbody=t proconfig=T proacl=T"},
    {"pg_publication", 6104, 'r',
     "oid=o! pubname=t! pubowner=o! puballtables=b! pubinsert=b! pubupdate=b! pubdelete=b! "
     "pubtruncate=b! pubviaroot=b!"},
    {"pg_publication_namespace", 6237, 'r',
     "oid=o! pnpubid=o! pnnspid=o!"},
    {"pg_publication_rel", 6106, 'r',
     "oid=o! prpubid=o! prrelid=o! prqual=t prattrs=S"},
    {"pg_publication_tables", 12068, 'v',
     "pubname=t schemaname=t tablename=t attnames=T rowfilter=t"},
    {"pg_range", 3541, 'r',
     "rngtypid=o! rngsubtype=o! rngmultitypid=o! rngcollation=o! rngsubopc=o! rngcanonical=o! "
     "rngsubdiff=o!"},
    {"pg_replication_origin", 6000, 'r',
     "roident=o! roname=t!"},
    {"pg_replication_origin_status", 12332, 'v',
     "local_id=o external_id=t remote_lsn=t local_lsn=t"},
    {"pg_replication_slots", 12257, 'v',
     "slot_name=t plugin=t slot_type=t datoid=o database=t temporary=b active=b active_pid=i "
     "xmin=o catalog_xmin=o restart_lsn=t confirmed_flush_lsn=t wal_status=t safe_wal_size=l "
     "two_phase=b"},
    {"pg_rewrite", 2618, 'r',
     "oid=o! rulename=t! ev_class=o! ev_type=t! ev_enabled=t! is_instead=b! ev_qual=t! "
     "ev_action=t!"},
    {"pg_roles", 12000, 'v',
     "rolname=t rolsuper=b rolinherit=b rolcreaterole=b rolcreatedb=b rolcanlogin=b "
     "rolreplication=b rolconnlimit=i rolpassword=t rolvaliduntil=z rolbypassrls=b rolconfig=T "
     "oid=o"},
    {"pg_rules", 12023, 'v',
     "schemaname=t tablename=t rulename=t definition=t"},
    {"pg_seclabel", 3596, 'r',
     "objoid=o! classoid=o! objsubid=i! provider=t! label=t!"},
    {"pg_seclabels", 12099, 'v',
     "objoid=o classoid=o objsubid=i objtype=t objnamespace=o objname=t provider=t label=t"},
    {"pg_sequence", 2224, 'r',
     "seqrelid=o! seqtypid=o! seqstart=l! seqincrement=l! seqmax=l! seqmin=l! seqcache=l! "
     "seqcycle=b!"},
    {"pg_sequences", 12048, 'v',
     "schemaname=t sequencename=t sequenceowner=t data_type=o start_value=l min_value=l "
     "max_value=l increment_by=l cycle=b cache_size=l last_value=l"},
    {"pg_settings", 12104, 'v',
     "name=t setting=t unit=t category=t short_desc=t extra_desc=t context=t vartype=t source=t "
     "min_val=t max_val=t enumvals=T boot_val=t reset_val=t sourcefile=t sourceline=i "
     "pending_restart=b"},
    {"pg_shadow", 12005, 'v',
     "usename=t usesysid=o usecreatedb=b usesuper=b userepl=b usebypassrls=b passwd=t "
     "valuntil=z useconfig=T"},
    {"pg_shdepend", 1214, 'r',
     "dbid=o! classid=o! objid=o! objsubid=i! refclassid=o! refobjid=o! deptype=t!"},
    {"pg_shdescription", 2396, 'r',
     "objoid=o! classoid=o! description=t!"},
    {"pg_shmem_allocations", 12134, 'v',
     "name=t off=l size=l allocated_size=l"},
    {"pg_shseclabel", 3592, 'r',
     "objoid=o! classoid=o! provider=t! label=t!"},
    {"pg_stat_activity", 12222, 'v',
     "datid=o datname=t pid=i leader_pid=i usesysid=o usename=t application_name=t "
     "client_addr=n client_hostname=t client_port=i backend_start=z xact_start=z query_start=z "
     "state_change=z wait_event_type=t wait_event=t state=t backend_xid=o backend_xmin=o "
     "query_id=l query=t backend_type=t"},
    {"pg_stat_all_indexes", 12183, 'v',
     "relid=o indexrelid=o schemaname=t relname=t indexrelname=t idx_scan=l idx_tup_read=l "
     "idx_tup_fetch=l"},
    {"pg_stat_all_tables", 12142, 'v',
     "relid=o schemaname=t relname=t seq_scan=l seq_tup_read=l idx_scan=l idx_tup_fetch=l "
     "n_tup_ins=l n_tup_upd=l n_tup_del=l n_tup_hot_upd=l n_live_tup=l n_dead_tup=l "
     "n_mod_since_analyze=l n_ins_since_vacuum=l last_vacuum=z last_autovacuum=z last_analyze=z "
     "last_autoanalyze=z vacuum_count=l autovacuum_count=l analyze_count=l autoanalyze_count=l"},
    {"pg_stat_archiver", 12285, 'v',
     "archived_count=l last_archived_wal=t last_archived_time=z failed_count=l "
     "last_failed_wal=t last_failed_time=z stats_reset=z"},
    {"pg_stat_bgwriter", 12289, 'v',
     "checkpoints_timed=l checkpoints_req=l checkpoint_write_time=d checkpoint_sync_time=d "
     "buffers_checkpoint=l buffers_clean=l maxwritten_clean=l buffers_backend=l "
     "buffers_backend_fsync=l buffers_alloc=l stats_reset=z"},
    {"pg_stat_database", 12266, 'v',
     "datid=o datname=t numbackends=i xact_commit=l xact_rollback=l blks_read=l blks_hit=l "
     "tup_returned=l tup_fetched=l tup_inserted=l tup_updated=l tup_deleted=l conflicts=l "
     "temp_files=l temp_bytes=l deadlocks=l checksum_failures=l checksum_last_failure=z "
     "blk_read_time=d blk_write_time=d session_time=d active_time=d idle_in_transaction_time=d "
     "sessions=l sessions_abandoned=l sessions_fatal=l sessions_killed=l stats_reset=z"},
    {"pg_stat_database_conflicts", 12271, 'v',
     "datid=o datname=t confl_tablespace=l confl_lock=l confl_snapshot=l confl_bufferpin=l "
     "confl_deadlock=l"},
    {"pg_stat_gssapi", 12253, 'v',
     "pid=i gss_authenticated=b principal=t encrypted=b"},
    {"pg_stat_progress_analyze", 12297, 'v',
     "pid=i datid=o datname=t relid=o phase=t sample_blks_total=l sample_blks_scanned=l "
     "ext_stats_total=l ext_stats_computed=l child_tables_total=l child_tables_done=l "
     "current_child_table_relid=o"},
    {"pg_stat_progress_basebackup", 12317, 'v',
     "pid=i phase=t backup_total=l backup_streamed=l tablespaces_total=l tablespaces_streamed=l"},
    {"pg_stat_progress_cluster", 12307, 'v',
     "pid=i datid=o datname=t relid=o command=t phase=t cluster_index_relid=o "
     "heap_tuples_scanned=l heap_tuples_written=l heap_blks_total=l heap_blks_scanned=l "
     "index_rebuild_count=l"},
    {"pg_stat_progress_copy", 12322, 'v',
     "pid=i datid=o datname=t relid=o command=t type=t bytes_processed=l bytes_total=l "
     "tuples_processed=l tuples_excluded=l"},
    {"pg_stat_progress_create_index", 12312, 'v',
     "pid=i datid=o datname=t relid=o index_relid=o command=t phase=t lockers_total=l "
     "lockers_done=l current_locker_pid=l blocks_total=l blocks_done=l tuples_total=l "
     "tuples_done=l partitions_total=l partitions_done=l"},
    {"pg_stat_progress_vacuum", 12302, 'v',
     "pid=i datid=o datname=t relid=o phase=t heap_blks_total=l heap_blks_scanned=l "
     "heap_blks_vacuumed=l index_vacuum_count=l max_dead_tuples=l num_dead_tuples=l"},
    {"pg_stat_recovery_prefetch", 12240, 'v',
     "stats_reset=z prefetch=l hit=l skip_init=l skip_new=l skip_fpw=l skip_rep=l "
     "wal_distance=i block_distance=i io_depth=i"},
    {"pg_stat_replication", 12227, 'v',
     "pid=i usesysid=o usename=t application_name=t client_addr=n client_hostname=t "
     "client_port=i backend_start=z backend_xmin=o state=t sent_lsn=t write_lsn=t flush_lsn=t "
     "replay_lsn=t write_lag=v flush_lag=v replay_lag=v sync_priority=i sync_state=t "
     "reply_time=z"},
    {"pg_stat_replication_slots", 12262, 'v',
     "slot_name=t spill_txns=l spill_count=l spill_bytes=l stream_txns=l stream_count=l "
     "stream_bytes=l total_txns=l total_bytes=l stats_reset=z"},
    {"pg_stat_slru", 12232, 'v',
     "name=t blks_zeroed=l blks_hit=l blks_read=l blks_written=l blks_exists=l flushes=l "
     "truncates=l stats_reset=z"},
    {"pg_stat_ssl", 12249, 'v',
     "pid=i ssl=b version=t cipher=t bits=i client_dn=t client_serial=l issuer_dn=t"},
    {"pg_stat_subscription", 12244, 'v',
     "subid=o subname=t pid=i relid=o received_lsn=t last_msg_send_time=z "
     "last_msg_receipt_time=z latest_end_lsn=t latest_end_time=z"},
    {"pg_stat_subscription_stats", 12336, 'v',
     "subid=o subname=t apply_error_count=l sync_error_count=l stats_reset=z"},
    {"pg_stat_sys_indexes", 12188, 'v',
     "relid=o indexrelid=o schemaname=t relname=t indexrelname=t idx_scan=l idx_tup_read=l "
     "idx_tup_fetch=l"},
    {"pg_stat_sys_tables", 12152, 'v',
     "relid=o schemaname=t relname=t seq_scan=l seq_tup_read=l idx_scan=l idx_tup_fetch=l "
     "n_tup_ins=l n_tup_upd=l n_tup_del=l n_tup_hot_upd=l n_live_tup=l n_dead_tup=l "
     "n_mod_since_analyze=l n_ins_since_vacuum=l last_vacuum=z last_autovacuum=z last_analyze=z "
     "last_autoanalyze=z vacuum_count=l autovacuum_count=l analyze_count=l autoanalyze_count=l"},
    {"pg_stat_user_functions", 12275, 'v',
     "funcid=o schemaname=t funcname=t calls=l total_time=d self_time=d"},
    {"pg_stat_user_indexes", 12192, 'v',
     "relid=o indexrelid=o schemaname=t relname=t indexrelname=t idx_scan=l idx_tup_read=l "
     "idx_tup_fetch=l"},
    {"pg_stat_user_tables", 12161, 'v',
     "relid=o schemaname=t relname=t seq_scan=l seq_tup_read=l idx_scan=l idx_tup_fetch=l "
     "n_tup_ins=l n_tup_upd=l n_tup_del=l n_tup_hot_upd=l n_live_tup=l n_dead_tup=l "
     "n_mod_since_analyze=l n_ins_since_vacuum=l last_vacuum=z last_autovacuum=z last_analyze=z "
     "last_autoanalyze=z vacuum_count=l autovacuum_count=l analyze_count=l autoanalyze_count=l"},
    {"pg_stat_wal", 12293, 'v',
     "wal_records=l wal_fpi=l wal_bytes=l wal_buffers_full=l wal_write=l wal_sync=l "
     "wal_write_time=d wal_sync_time=d stats_reset=z"},
    {"pg_stat_wal_receiver", 12236, 'v',
     "pid=i status=t receive_start_lsn=t receive_start_tli=i written_lsn=t flushed_lsn=t "
     "received_tli=i last_msg_send_time=z last_msg_receipt_time=z latest_end_lsn=t "
     "latest_end_time=z slot_name=t sender_host=t sender_port=i conninfo=t"},
    {"pg_stat_xact_all_tables", 12147, 'v',
     "relid=o schemaname=t relname=t seq_scan=l seq_tup_read=l idx_scan=l idx_tup_fetch=l "
     "n_tup_ins=l n_tup_upd=l n_tup_del=l n_tup_hot_upd=l"},
    {"pg_stat_xact_sys_tables", 12157, 'v',
     "relid=o schemaname=t relname=t seq_scan=l seq_tup_read=l idx_scan=l idx_tup_fetch=l "
     "n_tup_ins=l n_tup_upd=l n_tup_del=l n_tup_hot_upd=l"},
    {"pg_stat_xact_user_functions", 12280, 'v',
     "funcid=o schemaname=t funcname=t calls=l total_time=d self_time=d"},
    {"pg_stat_xact_user_tables", 12166, 'v',
     "relid=o schemaname=t relname=t seq_scan=l seq_tup_read=l idx_scan=l idx_tup_fetch=l "
     "n_tup_ins=l n_tup_upd=l n_tup_del=l n_tup_hot_upd=l"},
    {"pg_statio_all_indexes", 12196, 'v',
     "relid=o indexrelid=o schemaname=t relname=t indexrelname=t idx_blks_read=l idx_blks_hit=l"},
    {"pg_statio_all_sequences", 12209, 'v',
     "relid=o schemaname=t relname=t blks_read=l blks_hit=l"},
    {"pg_statio_all_tables", 12170, 'v',
     "relid=o schemaname=t relname=t heap_blks_read=l heap_blks_hit=l idx_blks_read=l "
     "idx_blks_hit=l toast_blks_read=l toast_blks_hit=l tidx_blks_read=l tidx_blks_hit=l"},
    {"pg_statio_sys_indexes", 12201, 'v',
     "relid=o indexrelid=o schemaname=t relname=t indexrelname=t idx_blks_read=l idx_blks_hit=l"},
    {"pg_statio_sys_sequences", 12214, 'v',
     "relid=o schemaname=t relname=t blks_read=l blks_hit=l"},
    {"pg_statio_sys_tables", 12175, 'v',
     "relid=o schemaname=t relname=t heap_blks_read=l heap_blks_hit=l idx_blks_read=l "
     "idx_blks_hit=l toast_blks_read=l toast_blks_hit=l tidx_blks_read=l tidx_blks_hit=l"},
    {"pg_statio_user_indexes", 12205, 'v',
     "relid=o indexrelid=o schemaname=t relname=t indexrelname=t idx_blks_read=l idx_blks_hit=l"},
    {"pg_statio_user_sequences", 12218, 'v',
     "relid=o schemaname=t relname=t blks_read=l blks_hit=l"},
    {"pg_statio_user_tables", 12179, 'v',
     "relid=o schemaname=t relname=t heap_blks_read=l heap_blks_hit=l idx_blks_read=l "
     "idx_blks_hit=l toast_blks_read=l toast_blks_hit=l tidx_blks_read=l tidx_blks_hit=l"},
    {"pg_statistic", 2619, 'r',
     "starelid=o! staattnum=s! stainherit=b! stanullfrac=r! stawidth=i! stadistinct=r! "
     "stakind1=s! stakind2=s! stakind3=s! stakind4=s! stakind5=s! staop1=o! staop2=o! staop3=o! "
     "staop4=o! staop5=o! stacoll1=o! stacoll2=o! stacoll3=o! stacoll4=o! stacoll5=o! "
     "stanumbers1=R stanumbers2=R stanumbers3=R stanumbers4=R stanumbers5=R stavalues1=t "
     "stavalues2=t stavalues3=t stavalues4=t stavalues5=t"},
    {"pg_statistic_ext", 3381, 'r',
     "oid=o! stxrelid=o! stxname=t! stxnamespace=o! stxowner=o! stxstattarget=i! stxkeys=S! "
     "stxkind=T! stxexprs=t"},
    {"pg_statistic_ext_data", 3429, 'r',
     "stxoid=o! stxdinherit=b! stxdndistinct=t stxddependencies=t stxdmcv=t stxdexpr=t"},
    {"pg_stats", 12053, 'v',
     "schemaname=t tablename=t attname=t inherited=b null_frac=r avg_width=i n_distinct=r "
     "most_common_vals=t most_common_freqs=R histogram_bounds=t correlation=r "
     "most_common_elems=t most_common_elem_freqs=R elem_count_histogram=R"},
    {"pg_stats_ext", 12058, 'v',
     "schemaname=t tablename=t statistics_schemaname=t statistics_name=t statistics_owner=t "
     "attnames=T exprs=T kinds=T inherited=b n_distinct=t dependencies=t most_common_vals=T "
     "most_common_val_nulls=B most_common_freqs=D most_common_base_freqs=D"},
    {"pg_stats_ext_exprs", 12063, 'v',
     "schemaname=t tablename=t statistics_schemaname=t statistics_name=t statistics_owner=t "
     "expr=t inherited=b null_frac=r avg_width=i n_distinct=r most_common_vals=t "
     "most_common_freqs=R histogram_bounds=t correlation=r most_common_elems=t "
     "most_common_elem_freqs=R elem_count_histogram=R"},
    {"pg_subscription", 6100, 'r',
     "oid=o! subdbid=o! subskiplsn=t! subname=t! subowner=o! subenabled=b! subbinary=b! "
     "substream=b! subtwophasestate=t! subdisableonerr=b! subconninfo=t! subslotname=t "
     "subsynccommit=t! subpublications=T!"},
    {"pg_subscription_rel", 6102, 'r',
     "srsubid=o! srrelid=o! srsubstate=t! srsublsn=t"},
    {"pg_tables", 12033, 'v',
     "schemaname=t tablename=t tableowner=t tablespace=t hasindexes=b hasrules=b hastriggers=b "
     "rowsecurity=b"},
    {"pg_tablespace", 1213, 'r',
     "oid=o! spcname=t! spcowner=o! spcacl=T spcoptions=T"},
    {"pg_timezone_abbrevs", 12122, 'v',
     "abbrev=t utc_offset=v is_dst=b"},
    {"pg_timezone_names", 12126, 'v',
     "name=t abbrev=t utc_offset=v is_dst=b"},
    {"pg_transform", 3576, 'r',
     "oid=o! trftype=o! trflang=o! trffromsql=o! trftosql=o!"},
    {"pg_trigger", 2620, 'r',
     "oid=o! tgrelid=o! tgparentid=o! tgname=t! tgfoid=o! tgtype=s! tgenabled=t! "
     "tgisinternal=b! tgconstrrelid=o! tgconstrindid=o! tgconstraint=o! tgdeferrable=b! "
     "tginitdeferred=b! tgnargs=s! tgattr=S! tgargs=y! tgqual=t tgoldtable=t tgnewtable=t"},
    {"pg_ts_config", 3602, 'r',
     "oid=o! cfgname=t! cfgnamespace=o! cfgowner=o! cfgparser=o!"},
    {"pg_ts_config_map", 3603, 'r',
     "mapcfg=o! maptokentype=i! mapseqno=i! mapdict=o!"},
    {"pg_ts_dict", 3600, 'r',
     "oid=o! dictname=t! dictnamespace=o! dictowner=o! dicttemplate=o! dictinitoption=t"},
    {"pg_ts_parser", 3601, 'r',
     "oid=o! prsname=t! prsnamespace=o! prsstart=o! prstoken=o! prsend=o! prsheadline=o! "
     "prslextype=o!"},
    {"pg_ts_template", 3764, 'r',
     "oid=o! tmplname=t! tmplnamespace=o! tmplinit=o! tmpllexize=o!"},
    {"pg_type", 1247, 'r',
     "oid=o! typname=t! typnamespace=o! typowner=o! typlen=s! typbyval=b! typtype=t! "
     "typcategory=t! typispreferred=b! typisdefined=b! typdelim=t! typrelid=o! typsubscript=o! "
     "typelem=o! typarray=o! typinput=o! typoutput=o! typreceive=o! typsend=o! typmodin=o! "
     "typmodout=o! typanalyze=o! typalign=t! typstorage=t! typnotnull=b! typbasetype=o! "
     "typtypmod=i! typndims=i! typcollation=o! typdefaultbin=t typdefault=t typacl=T"},
    {"pg_user", 12014, 'v',
     "usename=t usesysid=o usecreatedb=b usesuper=b userepl=b usebypassrls=b passwd=t "
     "valuntil=z useconfig=T"},
    {"pg_user_mapping", 1418, 'r',
     "oid=o! umuser=o! umserver=o! umoptions=T"},
    {"pg_user_mappings", 12327, 'v',
     "umid=o srvid=o srvname=t umuser=o usename=t umoptions=T"},
    {"pg_views", 12028, 'v',
     "schemaname=t viewname=t viewowner=t definition=t"},
};
const size_t kNumPostgresRelations = std::size(kPostgresRelations);

}  // namespace shale
