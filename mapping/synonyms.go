package mapping

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
		[]string{"enrollmentstatus", "enrolmentstatus", "recordstatus", "rosterstatus", "estado", "estatus", "statut"},
		[]string{"state", "active", "isactive", "enrolled", "currentlyenrolled"}},
	{"role",
		[]string{"enrollmentrole", "userrole", "personrole", "memberrole", "classrole", "courserole", "sectionrole", "roletype", "rolename", "rolle", "rol", "papel", "ruolo"},
		[]string{"usertype", "persontype", "membertype", "enrollmenttype", "type", "position", "funktion", "fonction"}},
	{"primary",
		[]string{"isprimary", "primaryteacher", "primaryflag", "isprimaryteacher", "leadteacher", "teacherofrecord"},
		[]string{"lead", "main"}},
	{"beginDate",
		[]string{"startdate", "entrydate", "enrollmentstartdate", "enrollmentbegindate", "enrollstartdate", "dateenrolled", "enrolldate", "enrollmentdate", "dateentered", "entereddate", "dateofentry", "admissiondate", "admitdate", "datestart", "datebegin", "validfrom", "effectivedate", "termstart", "termstartdate",
			"beginn", "startdatum", "eintrittsdatum", "eintritt", "fechainicio", "fechadeinicio", "fechaalta", "fechadealta", "datedebut", "datededebut", "datainicio", "datadeinicio", "datainizio", "begindatum", "ingangsdatum"},
		[]string{"start", "begin", "entry", "from", "enrolled", "von", "inicio", "desde", "debut"}},
	{"endDate",
		[]string{"exitdate", "leavedate", "leavingdate", "withdrawaldate", "withdrawdate", "withdrawndate", "exitwithdrawdate", "dropdate", "enrollmentenddate", "enrollenddate", "dateleft", "dateexited", "dateend", "dateexit", "datewithdrawn", "dateofleaving", "dateofexit", "validto", "validuntil", "expirationdate", "termend", "termenddate",
			"ende", "enddatum", "austrittsdatum", "austritt", "fechafin", "fechadefin", "fechabaja", "fechadebaja", "datefin", "datedefin", "datafim", "datadefim", "datafine", "einddatum"},
		[]string{"end", "exit", "to", "until", "left", "withdrawn", "bis", "fin", "hasta", "fim"}},
	{"user",
		[]string{"userid", "usersisid", "uniqueuserid", "studentid", "studentsourcedid", "studentnumber", "studentno", "studentuniqueid", "studentguid", "pupilid", "learnerid", "personid", "personsourcedid", "personguid", "memberid", "sisuserid", "sisid", "studentsisid", "teacherid", "teachernumber", "teachersourcedid", "staffid",
			"schulerid", "schulernummer", "idestudiante", "idalumno", "alumnoid", "ideleve", "identifianteleve", "idaluno", "leerlingid", "leerlingnummer"},
		[]string{"student", "pupil", "person", "learner", "member", "uid", "upn", "otherid", "schuler", "alumno", "estudiante", "eleve", "aluno", "leerling"}},
	{"class",
		[]string{"classid", "sectionid", "sectionsourcedid", "sectionsisid", "sectionidentifier", "sectionnumber", "sectionno", "sectionguid", "sectionkey", "coursesectionid", "classguid", "internalclassid", "classnumber", "classcode", "sectioncode", "setcode", "siscourseid", "crn", "groupid",
			"klassenid", "kursid", "idclase", "idseccion", "seccionid", "idgrupo", "idclasse", "classeid", "idturma", "turmaid", "klasid"},
		[]string{"section", "group", "coursesection", "klasse", "kurs", "clase", "seccion", "grupo", "classe", "turma", "klas"}},
	{"school",
		[]string{"schoolid", "schoolcode", "schoolnumber", "schoolno", "schoolguid", "buildingid", "buildingcode", "campusid", "campuscode", "orgid", "orgsourcedid", "organizationid", "siteid", "sitecode", "locationid", "schoolsisid",
			"schulid", "schulnummer", "idescuela", "escuelaid", "idcentro", "codigocentro", "idecole", "idetablissement", "uai", "idescola", "escolaid"},
		[]string{"building", "campus", "org", "site", "location", "entityid", "schule", "escuela", "centro", "ecole", "etablissement", "escola"}},
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

// meanings are what source values, folded, stand for.
var meanings = map[string]map[string]string{
	"status": {
		"active": "active", "a": "active", "enrolled": "active", "current": "active", "registered": "active", "open": "active",
		"e": "active", "y": "active", "yes": "active", "true": "active", "t": "active", "1": "active", "tobedeleted": "tobedeleted",
		"aktiv": "active", "activo": "active", "activa": "active", "actif": "active", "ativo": "active", "actief": "active",
	},
	"role": {
		"student": "student", "students": "student", "s": "student", "stu": "student", "stud": "student", "pupil": "student", "learner": "student",
		"schuler": "student", "schulerin": "student", "alumno": "student", "alumna": "student", "estudiante": "student", "eleve": "student", "etudiant": "student", "aluno": "student", "aluna": "student", "estudante": "student", "alunno": "student", "studente": "student", "leerling": "student",
		"teacher": "teacher", "teachers": "teacher", "t": "teacher", "tch": "teacher", "tea": "teacher", "instructor": "teacher", "professor": "teacher",
		"faculty": "teacher", "educator": "teacher", "leadteacher": "teacher", "primaryteacher": "teacher", "coteacher": "teacher", "teacherofrecord": "teacher",
		"profesor": "teacher", //nolint:misspell // that is Spanish
		"lehrer":   "teacher", "lehrerin": "teacher", "lehrkraft": "teacher", "profesora": "teacher", "docente": "teacher", "maestro": "teacher", "maestra": "teacher", "enseignant": "teacher", "enseignante": "teacher", "professeur": "teacher", "professora": "teacher", "insegnante": "teacher", "docent": "teacher", "leraar": "teacher",
		"administrator": "administrator", "admin": "administrator", "adm": "administrator", "principal": "administrator",
		"proctor": "proctor", "invigilator": "proctor",
	},
	"primary":                         spoken,
	"metadata.metrics.isSupplemental": spoken,
}

// spoken is how people and systems say true and false, folded.
var spoken = map[string]string{
	"true": "true", "y": "true", "yes": "true", "t": "true", "1": "true", "on": "true", "x": "true", "ja": "true", "si": "true", "oui": "true", "sim": "true",
	"false": "false", "n": "false", "no": "false", "f": "false", "0": "false", "off": "false", "nein": "false", "non": "false", "nao": "false", "nee": "false",
}

// endings are statuses, folded, that read like an enrollment that is over.
// That OneRoster can only say as tobedeleted, which is not for a guess.
var endings = map[string]bool{
	"inactive": true, "i": true, "withdrawn": true, "w": true, "dropped": true, "drop": true, "d": true, "deleted": true, "removed": true,
	"exited": true, "ended": true, "closed": true, "completed": true, "transferred": true, "graduated": true, "left": true, "leaver": true,
	"n": true, "no": true, "false": true, "f": true, "0": true, "x": true,
	"inaktiv": true, "inactivo": true, "inactiva": true, "baja": true, "inactif": true, "inativo": true, "inactief": true,
}
