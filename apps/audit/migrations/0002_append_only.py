from django.db import migrations

_FORWARD = """
    CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE TRIGGER audit_entries_stay BEFORE UPDATE OR DELETE ON audit_auditentry
        FOR EACH ROW EXECUTE FUNCTION audit_refuse();
    CREATE TRIGGER audit_table_stays BEFORE TRUNCATE ON audit_auditentry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
_BACKWARD = """
    DROP TRIGGER audit_entries_stay ON audit_auditentry;
    DROP TRIGGER audit_table_stays ON audit_auditentry;
    DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(_FORWARD, _BACKWARD)]
