// pgjdbc against a server with the table `visits`: java -cp postgresql.jar PgClient.java URL
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

public class PgClient {
  static void check(boolean good, String what) {
    if (!good) throw new IllegalStateException(what);
  }

  static List<String> column(ResultSet rows, String name) throws SQLException {
    List<String> values = new ArrayList<>();
    while (rows.next()) values.add(rows.getString(name));
    rows.close();
    return values;
  }

  static void metadata(Connection connection) throws SQLException {
    DatabaseMetaData data = connection.getMetaData();
    check(data.getDatabaseMajorVersion() == 15, "version");
    check(column(data.getSchemas(), "TABLE_SCHEM").contains("public"), "schemas");
    check(column(data.getTables(null, "public", "%", new String[] {"TABLE"}), "TABLE_NAME")
        .equals(List.of("visits")), "tables");
    check(column(data.getTables(null, null, "%", null), "TABLE_NAME").contains("pages"), "views");
    check(column(data.getColumns(null, "public", "visits", "%"), "COLUMN_NAME")
        .equals(List.of("id", "at", "page", "secs", "paid", "tags", "ok")), "columns");
    check(column(data.getPrimaryKeys(null, "public", "visits"), "COLUMN_NAME").isEmpty(), "keys");
    check(column(data.getIndexInfo(null, "public", "visits", false, false), "INDEX_NAME")
        .isEmpty(), "indexes");
    check(column(data.getImportedKeys(null, "public", "visits"), "FKCOLUMN_NAME").isEmpty(),
        "imported keys");
    check(column(data.getExportedKeys(null, "public", "visits"), "FKCOLUMN_NAME").isEmpty(),
        "exported keys");
    check(column(data.getTypeInfo(), "TYPE_NAME").contains("int8"), "types");
    column(data.getTableTypes(), "TABLE_TYPE");
    column(data.getCatalogs(), "TABLE_CAT");
    column(data.getTablePrivileges(null, "public", "%"), "TABLE_NAME");
    column(data.getFunctions(null, null, "date_trunc"), "FUNCTION_NAME");
    check(data.getSQLKeywords() != null, "keywords");
    check(connection.isValid(5), "valid");
  }

  static void prepared(Connection connection) throws SQLException {
    // From the sixth run on results come in binary.
    try (PreparedStatement statement = connection.prepareStatement(
        "SELECT id, at, secs, paid, page, ok FROM visits WHERE id = ? AND page = ?")) {
      for (long i = 1; i <= 9; ++i) {
        statement.setLong(1, i);
        statement.setString(2, "/p" + i);
        try (ResultSet rows = statement.executeQuery()) {
          check(rows.next(), "row " + i);
          check(rows.getLong(1) == i, "id");
          check(rows.getTimestamp(2).toInstant().toString()
              .equals("2024-01-01T00:0" + i + ":00Z"), "at " + rows.getTimestamp(2).toInstant());
          check(rows.getDouble(3) == i / 4.0, "secs");
          check(rows.getBigDecimal(4).compareTo(BigDecimal.valueOf(i)) == 0, "paid");
          check(rows.getString(5).equals("/p" + i), "page");
          check(rows.getBoolean(6) == (i % 2 == 0), "ok");
          check(!rows.next(), "one row");
        }
      }
    }
  }

  static void fetchSize(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT id FROM visits ORDER BY id")) {
      statement.setFetchSize(100);
      try (ResultSet rows = statement.executeQuery()) {
        long expected = 0;
        while (rows.next()) check(rows.getLong(1) == ++expected, "order");
        check(expected == 1000, "all rows");
      }
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  static void writes(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE made (k INTEGER, v TEXT, at TIMESTAMP)");
      connection.setAutoCommit(false);
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO made VALUES (?, ?, ?)")) {
        for (int i = 0; i < 50; ++i) {
          insert.setInt(1, i);
          insert.setString(2, i % 5 == 0 ? null : "v" + i);
          insert.setTimestamp(3, Timestamp.valueOf("2024-01-01 00:00:00"));
          insert.addBatch();
        }
        check(insert.executeBatch().length == 50, "batch");
      }
      connection.commit();
      try (ResultSet rows = statement.executeQuery("SELECT count(*), count(v) FROM made")) {
        check(rows.next() && rows.getInt(1) == 50 && rows.getInt(2) == 40, "counts");
      }
      connection.commit();
      connection.setAutoCommit(true);
      statement.execute("DROP TABLE made");
      try {
        statement.executeQuery("SELECT * FROM made");
        check(false, "dropped");
      } catch (SQLException error) {
        check(error.getSQLState().equals("42P01"), error.getSQLState());
      }
    }
  }

  public static void main(String[] arguments) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", "ann");
    try (Connection connection = DriverManager.getConnection(arguments[0], properties)) {
      metadata(connection);
      prepared(connection);
      fetchSize(connection);
      writes(connection);
    }
    System.out.println("ok");
  }
}
