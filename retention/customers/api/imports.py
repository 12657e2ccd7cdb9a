"""`/api/v1/imports`: put a CSV file in, look at what it would change, bring it in, and see what came of it."""

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from retention.customers.forms.files import MappingForm
from retention.customers.importing import running
from retention.customers.importing.filing import keep
from retention.customers.importing.kinds import kinds
from retention.customers.importing.mapping import kind_of, propose, propose_options
from retention.customers.importing.reading import LARGEST_BYTES, NoTable
from retention.customers.models import Import, ImportFault
from retention.kit import clock
from retention.rest.bodies import Body
from retention.rest.idempotency import idempotent
from retention.rest.querying import PlainText
from retention.rest.schema import IDEMPOTENCY_KEY
from retention.rest.views import StoreView
from retention.stores import auditing
from retention.stores.models import Store
from retention.tenancy.context import require_store_id

MOST_FAULTS = 100


class NotThere(APIException):
    """The import is not where this step begins."""

    status_code = 409
    default_detail = gettext_lazy("The import is not ready to be brought in.")
    default_code = "not_ready"


class FaultOut(serializers.ModelSerializer[ImportFault]):
    """A row that is left out, and why."""

    class Meta:
        model = ImportFault
        fields = ("row", "column", "why")


class ImportOut(serializers.ModelSerializer[Import]):
    """An import as the API shows it. While it is ready the counts say what would come of it; afterwards what came of it."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Import
        fields = (
            "id", "kind", "file_name", "size", "state", "headings", "mapping", "options", "rows_count", "things_count", "new_count",
            "changed_count", "same_count", "refused_count", "error", "created_at", "started_at", "finished_at",
        )  # fmt: skip


class ImportWithFaults(ImportOut):
    """An import with the first hundred rows that are left out."""

    faults = serializers.SerializerMethodField()

    class Meta(ImportOut.Meta):
        fields = (*ImportOut.Meta.fields, "faults")  # type: ignore[assignment]

    @extend_schema(responses=FaultOut(many=True))
    def get_faults(self, of: Import) -> list[dict[str, Any]]:
        """Return the first rows that are left out."""
        return list(FaultOut(ImportFault.objects.filter(of_import=of).order_by("row", "id")[:MOST_FAULTS], many=True).data)


class ImportIn(Body):
    """A CSV file, up to 50 MB. mapping: column, from 0, to field, as JSON; proposed from the headings when left out.

    options: how the file is read, as JSON; what is left out is told from the file's first rows and the store. Customers have `date_order`
    (ymd, dmy or mdy), `agreed` (`all_by_email` where everybody in the file agreed to e-mails; else a column says who) and `consent_source`
    (where these people agreed; needed as soon as one of the two says so); orders have `date_order`, `decimal_mark` ("." or ","), `zone` and
    `currency`. Of orders with a column `status` only those come in that were paid; without one all of the file counts as paid.
    """

    shown_as = ImportWithFaults

    kind = PlainText(max_length=20, help_text=gettext_lazy("What the file holds: customers or orders."))
    file = serializers.FileField(max_length=200, allow_empty_file=True)
    mapping = PlainText(max_length=20_000, required=False, help_text=gettext_lazy('Such as {"0": "email", "1": "first_name"}.'))
    options = PlainText(
        max_length=2_000, required=False, help_text=gettext_lazy('Such as {"date_order": "dmy", "consent_source": "Newsletter form"}.')
    )

    def validate_kind(self, value: str) -> str:
        """Refuse a kind of file that nobody reads."""
        if value not in kinds:
            raise serializers.ValidationError(_("The kinds are: %(kinds)s.") % {"kinds": ", ".join(kinds.keys())})
        return value

    def validate_file(self, value: Any) -> Any:
        """Refuse a file that is too large before anything of it is read."""
        if value.size > LARGEST_BYTES:
            raise serializers.ValidationError(_("The file is larger than 50 MB."))
        return value

    def validate_mapping(self, value: str) -> dict[str, str]:
        """Return the mapping, or refuse what is none."""
        return _texts(value, why=_("This must be a JSON object of fields by column."))

    def validate_options(self, value: str) -> dict[str, str]:
        """Return the options, or refuse what are none."""
        return _texts(value, why=_("This must be a JSON object of texts by option."))


def _texts(value: str, *, why: str) -> dict[str, str]:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise serializers.ValidationError(why)
    return found


class _Imports(StoreView[Import]):
    model = Import
    serializer_class = ImportOut

    def rows(self) -> QuerySet[Import]:
        """Return the store's imports."""
        rows: QuerySet[Import] = Import.objects.all()
        return rows


class ImportList(ListModelMixin, _Imports):
    """The store's imports."""

    scopes = {"GET": "imports:read", "POST": "imports:write"}
    parser_classes = (MultiPartParser,)

    @extend_schema(operation_id="imports_list")
    def get(self, request: Request) -> Response:
        """List imports, newest first."""
        return self.list(request)

    @extend_schema(
        operation_id="imports_make", request={"multipart/form-data": ImportIn}, responses={202: ImportOut}, parameters=[IDEMPOTENCY_KEY]
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Put a file in. It is read and compared in the background; when its state is `ready`, look at the counts and run it."""
        wanted = ImportIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        said = wanted.validated_data
        try:
            made = keep(said["file"].chunks(), kind=said["kind"], name=said["file"].name, created_by=None)
        except NoTable as error:
            raise ValidationError({"file": [str(error)]}) from error
        _begin(made, said.get("mapping"), said.get("options", {}))
        auditing.note(request, "import.put_in", target=f"import:{made.public_id}", details={"kind": made.kind})
        made.refresh_from_db()
        return Response(ImportOut(made).data, status=status.HTTP_202_ACCEPTED)


class ImportDetail(RetrieveModelMixin, _Imports):
    """One import."""

    scopes = {"GET": "imports:read"}
    serializer_class = ImportWithFaults

    @extend_schema(operation_id="imports_get")
    def get(self, request: Request, public_id: UUID) -> Response:
        """Return one import with the first rows that are left out."""
        return self.retrieve(request, public_id=public_id)


class ImportRunning(_Imports):
    """Bringing an import in."""

    scopes = {"POST": "imports:write"}

    @extend_schema(operation_id="imports_run", request=None, responses={202: ImportOut}, parameters=[IDEMPOTENCY_KEY])
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Bring in what was compared, in the background."""
        of = self.get_object()
        try:
            running.begin_running(of, now=clock.now())
        except running.WrongState as error:
            raise NotThere from error
        auditing.note(request, "import.began", target=f"import:{of.public_id}", details=running.told_of_running(of))
        of.refresh_from_db()
        return Response(ImportOut(of).data, status=status.HTTP_202_ACCEPTED)


def _begin(of: Import, mapping: dict[str, str] | None, options: dict[str, str]) -> None:
    """Begin to read with this mapping and these options, or with what headings and rows propose; both are checked as the page does."""
    kind = kind_of(of)
    chosen = propose(kind, of.headings) if mapping is None else mapping
    if not set(chosen) <= {str(place) for place in range(len(of.headings))}:
        raise ValidationError({"mapping": [_("A column is named that the file does not have.")]})
    unknown = sorted(set(options) - set(kind.options))
    if unknown:
        values = {"name": unknown[0][:40], "names": ", ".join(kind.options)}
        raise ValidationError({"options": [_("“%(name)s” is no option here. The options are: %(names)s.") % values]})
    proposed = propose_options(of, Store.objects.get(pk=require_store_id()))
    data = {f"column_{place}": field for place, field in chosen.items()} | proposed | options
    form = MappingForm(data, kind=kind, headings=of.headings, mapping=chosen, options=proposed)
    if not form.is_valid():
        raise ValidationError(_faults_of(form))
    running.begin_reading(of, mapping=form.mapping(), options=form.options(), now=clock.now())


def _faults_of(form: MappingForm) -> dict[str, list[str]]:
    """Return what is wrong with the mapping and the options, each naming its column or option."""
    faults: dict[str, list[str]] = {}
    for name, errors in form.errors.items():
        part = "options" if name in form.kind.options else "mapping"
        label = name if part == "options" else "" if name == NON_FIELD_ERRORS else f"“{form.fields[name].label}”"
        faults.setdefault(part, []).extend(f"{label}: {error}" if label else str(error) for error in errors)
    return faults
