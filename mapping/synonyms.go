package mapping

import "slices"

// synonyms are the names, folded, that exports give the fields in place of
// OneRoster's, in several languages, the surest first. The loose ones also name
// other things, and count only where the values bear them out. The sourcedId
// comes last: a column called id is no enrollment's where it is all there is.
var synonyms = []struct {
	field       string
	sure, loose []string
}{
	{"dateLastModified",
		[]string{"lastmodified", "datemodified", "modifieddate", "lastupdated", "updatedat", "lastupdate", "modifiedat", "modified"},
		nil},
	{"status",
		[]string{"enrollmentstatus", "enrolmentstatus", "enrollstatus", "recordstatus", "rosterstatus", "estado", "estatus", "statut"},
		append([]string{"state"}, activeFlags...)},
	{"role",
		[]string{"enrollmentrole", "userrole", "personrole", "memberrole", "classrole", "courserole", "sectionrole", "roletype", "rolename", "rolle", "rol", "papel", "ruolo"},
		[]string{"usertype", "persontype", "membertype", "enrollmenttype", "type", "position", "funktion", "fonction"}},
	{"primary",
		[]string{"isprimary", "primaryteacher", "primaryflag", "isprimaryteacher", "leadteacher", "teacherofrecord"},
		[]string{"lead", "main"}},
	{"beginDate",
		[]string{"startdate", "entrydate", "enterdate", "enrollmentstartdate", "enrollmentbegindate", "enrollstartdate", "dateenrolled", "enrolldate", "enrollmentdate", "dateentered", "entereddate", "dateofentry", "admissiondate", "admitdate", "dateofadmission", "datestart", "datebegin", "validfrom", "effectivedate", "termstart", "termstartdate", "secde",
			"beginn", "startdatum", "eintrittsdatum", "eintritt", "fechainicio", "fechadeinicio", "fechaalta", "fechadealta", "datedebut", "datededebut", "datainicio", "datadeinicio", "datainizio", "begindatum", "ingangsdatum"},
		[]string{"start", "begin", "entry", "from", "enrolled", "von", "inicio", "desde", "debut"}},
	{"endDate",
		[]string{"exitdate", "leavedate", "leavingdate", "withdrawaldate", "withdrawdate", "withdrawndate", "exitwithdrawdate", "dropdate", "enrollmentenddate", "enrollmentdropdate", "enrollenddate", "dateleft", "dateexited", "dateend", "dateexit", "datewithdrawn", "dateofleaving", "dateofexit", "validto", "validuntil", "expirationdate", "termend", "termenddate", "secdd",
			"ende", "enddatum", "austrittsdatum", "austritt", "fechafin", "fechadefin", "fechabaja", "fechadebaja", "datefin", "datedefin", "datafim", "datadefim", "datafine", "einddatum"},
		[]string{"end", "exit", "to", "until", "left", "withdrawn", "bis", "fin", "hasta", "fim"}},
	{"user",
		[]string{"userid", "usersisid", "uniqueuserid", "studentid", "studentsourcedid", "studentnumber", "studentno", "studentuniqueid", "studentguid", "pupilid", "learnerid", "personid", "personsourcedid", "personguid", "memberid", "sisuserid", "sisid", "studentsisid", "sisnumber", "stuid", "teacherid", "teachernumber", "teachersourcedid", "staffid",
			"schulerid", "schulernummer", "idestudiante", "idalumno", "alumnoid", "ideleve", "identifianteleve", "idaluno", "leerlingid", "leerlingnummer"},
		[]string{"user", "student", "pupil", "person", "learner", "member", "uid", "upn", "otherid", "schuler", "alumno", "estudiante", "eleve", "aluno", "leerling"}},
	{"class",
		[]string{"classid", "sectionid", "sectionsourcedid", "sectionsisid", "sectionidentifier", "sectionguid", "sectionkey", "coursesectionid", "classguid", "internalclassid", "classcode", "sectioncode", "setcode", "siscourseid", "crn", "groupid", "groupidentifier", "secse",
			"klassenid", "kursid", "idclase", "idseccion", "seccionid", "idgrupo", "grupoid", "idclasse", "classeid", "idturma", "turmaid", "klasid"},
		append([]string{"class", "section", "group", "coursesection", "klasse", "kurs", "clase", "seccion", "grupo", "classe", "turma", "klas"}, sectionNumbers...)},
	{"school",
		[]string{"schoolid", "schoolcode", "schoolnumber", "schoolno", "schoolguid", "buildingid", "buildingcode", "campusid", "campuscode", "orgid", "orgsourcedid", "organizationid", "organizationguid", "stusc", "siteid", "sitecode", "locationid", "schoolsisid",
			"schulid", "schulnummer", "idescuela", "escuelaid", "idcentro", "codigocentro", "idecole", "idetablissement", "uai", "idescola", "escolaid"},
		[]string{"school", "building", "campus", "org", "site", "location", "entityid", "schule", "escuela", "centro", "ecole", "etablissement", "escola"}},
	{"metadata.goals.dailyXp", []string{"dailyxp", "xpgoal", "dailyxpgoal", "goalxp", "xpperday"}, nil},
	{"metadata.goals.dailyLessons", []string{"dailylessons", "lessongoal", "lessonsgoal", "dailylessongoal", "lessonsperday"}, nil},
	{"metadata.goals.dailyActiveMinutes", []string{"dailyactiveminutes", "activeminutesgoal", "minutesgoal", "minutegoal", "dailyminutes", "minutesperday"}, nil},
	{"metadata.goals.dailyAccuracy", []string{"dailyaccuracy", "accuracygoal", "dailyaccuracygoal"}, nil},
	{"metadata.goals.dailyMasteredUnits", []string{"dailymasteredunits", "masteredunitsgoal", "unitsgoal", "unitsperday"}, nil},
	{"metadata.metrics.totalXp", []string{"totalxp"}, nil},
	{"metadata.metrics.totalLessons", []string{"totallessons"}, nil},
	{"metadata.metrics.totalGrades", []string{"totalgrades"}, nil},
	{"metadata.metrics.courseType", []string{"coursetype"}, nil},
	{"metadata.metrics.isSupplemental", []string{"issupplemental", "supplemental"}, nil},
	{"sourcedId",
		[]string{"enrollmentsourcedid", "enrollmentid", "enrolmentid", "enrollmentguid", "enrollmentkey", "enrollmentnumber", "rosterid", "registrationid", "studentsectionid", "sectionenrollmentid",
			"einschreibungsid", "idinscripcion", "inscripcionid", "idmatricula", "matriculaid", "idinscription", "inscriptionid", "identifiantinscription", "inschrijvingid"},
		[]string{"enrollment", "id", "guid", "recordid", "externalid"}},
}

// sectionNumbers are names, folded, of what only counts the sections of a course
// in some systems, and is an id in others.
var sectionNumbers = []string{"sectionnumber", "sectionno", "classnumber", "classno"}

// activeFlags are names, folded, of columns in which yes means active. Elsewhere
// the same letters mean other things: 1, T and E are enrollments that are over in
// the status columns of some systems.
var activeFlags = []string{"active", "isactive", "activeflag", "enrolled", "isenrolled", "currentlyenrolled", "activo", "aktiv", "actif", "ativo", "actief"}

// enrollmentTables are the names, folded, that stand in front of columns of
// enrollments, as in [CC]ID and roster.startDate.
var enrollmentTables = []string{
	"enrollment", "enrollments", "enrolment", "enrolments", "roster", "rosters", "cc", "registration",
	"sectionenrollment", "studentenrollment", "classenrollment", "studentsection",
	"einschreibung", "inscripcion", "inscription", "inschrijving", "matricula",
}

// inTable reports whether a table of that folded name says of an enrollment what
// its columns are called: it is that of the enrollments, or the one a user, class
// or school is looked up in.
func (f field) inTable(table string) bool {
	if slices.Contains(enrollmentTables, table) {
		return true
	}
	for _, syn := range synonyms {
		if f.kind == typeRef && syn.field == f.name && slices.Contains(syn.loose, table) {
			return true
		}
	}
	return false
}
